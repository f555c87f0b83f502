"""The beginning of an attempt, once it has its source: the facts that its plan is made of, and the files that it reads.

Most plans read the source itself. A processor may name other inputs: then they are written into the attempt's room,
each one that is media is probed there, and the source, which nothing reads any more, goes.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mediaproc import attempt_inputs
from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.attempt_stages import AttemptStages, await_room
from mediaproc.core.decoders import require_decoders
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask
from mediaproc.core.wait import Wait
from mediaproc.ffmpeg.room import room_in
from mediaproc.processors import Facts, GuardedProcessor
from mediaproc.processors.interface import InputFile, Inputs
from mediaproc.production import at_least_a_probe

# How long (s) a probe of one input may take beside the reading.
_ONE_PROBE = 10.0


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """The facts; what the plan reads, which is the source or the room; how many bytes that has."""

    facts: Facts
    path: Path
    size: int


@dataclass(frozen=True, kw_only=True)
class Gathering:
    """Of one attempt."""

    task: ClaimedTask
    context: AttemptContext
    observer: AttemptObserver
    stages: AttemptStages

    def gather(self, source: Path, *, processor: GuardedProcessor, profile: Profile) -> Gathered:
        """What the plan of this source is made of."""
        if processor.opens_sources:
            return self._of_inputs(source, processor=processor, profile=profile)
        probe = self._probe(source)
        require_decoders(probe, medium=profile.medium)
        return Gathered(facts=Facts(source=probe), path=source, size=self.task.size)

    def _of_inputs(self, source: Path, *, processor: GuardedProcessor, profile: Profile) -> Gathered:
        room = room_in(source.parent)
        with ExitStack() as opened:
            with self.stages.stage(Stage.PROBE, size=self.task.size):
                inputs = opened.enter_context(processor.inputs(source, profile=profile, limits=self.context.limits))
            size = attempt_inputs.bytes_of(inputs)
            await_room(source.parent, size, held=self.task.size, context=self.context, observer=self.observer)
            with self.stages.stage(Stage.PROBE, size=size):
                attempt_inputs.fill_room(room, inputs=inputs, processor=processor, stop=self.observer.stop)
        source.unlink()
        facts = Facts(inputs=self._probes(inputs, room=room, profile=profile), reading=inputs.reading)
        return Gathered(facts=facts, path=room, size=size)

    def _probes(self, inputs: Inputs, *, room: Path, profile: Profile) -> Mapping[str, Probe]:
        with self._memory_of_a_probe():
            return {
                file.name: self._probe_of_input(file, room=room, profile=profile)
                for file in inputs.files
                if file.is_media
            }

    def _probe_of_input(self, file: InputFile, *, room: Path, profile: Profile) -> Probe:
        with self.stages.stage(Stage.PROBE, size=file.size, allowance=_ONE_PROBE):
            probe = self.context.runner.probe_material(
                room / file.name, name=file.told_as or file.name, stop=self.observer.stop
            )
        require_decoders(probe, medium=profile.medium)
        return probe

    def _probe(self, source: Path) -> Probe:
        kept = self._kept_probe()
        if kept is not None:
            with self.stages.stage(Stage.PROBE):
                return kept
        # The packets of the whole file are read, so it takes as long as a transfer of it.
        with self._memory_of_a_probe(), self.stages.stage(Stage.PROBE, size=self.task.size):
            return self.context.runner.probe(source, stop=self.observer.stop)

    def _kept_probe(self) -> Probe | None:
        """The facts that enqueue found, which have come with the bytes; after a strike the source is looked at anew."""
        if self.task.fail_count:
            return None
        return self.observer.recall_probe(partial(self.context.runner.probe_of, file_id=self.task.file_id))

    @contextmanager
    def _memory_of_a_probe(self) -> Iterator[None]:
        """However long the encodes that run have the memory: the task is only ahead of its own."""
        budget, observer = self.context.memory, self.observer
        on_wait = partial(observer.begin_wait, Wait.MEMORY)
        with ExitStack() as memory:
            try:
                size = at_least_a_probe(0, budget=budget)
                memory.enter_context(budget.reserve_patiently(size, stop=observer.stop, on_wait=on_wait))
            finally:
                observer.end_wait()
            yield
