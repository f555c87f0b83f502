"""What an attempt works with, and the observer that it reports to."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mediaproc.admission import MemoryBudget
from mediaproc.core.limits import Limits
from mediaproc.core.probe import Probe
from mediaproc.core.profile import BUILT_IN, OTHERS, Profile
from mediaproc.core.progress import Progress
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Outcome
from mediaproc.core.wait import Wait
from mediaproc.disk_room import DiskRoom
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.processors import Processors
from mediaproc.scratch import Scratch
from mediaproc.slots import Slots
from mediaproc.store.interface import Store
from mediaproc.tracing.attempt_trace import NO_TRACES, Traces


class AttemptObserver(Protocol):
    """Is told what the attempt does; sets `stop` to end it."""

    stop: threading.Event

    def enter_stage(self, stage: Stage, *, allowance: float) -> None:
        """The attempt enters `stage`, which may take `allowance` seconds."""

    def leave_stage(self) -> None:
        """The stage is over; until the next stage begins there is no deadline."""

    def recall_probe(self, read: Callable[[bytes], Probe | None]) -> Probe | None:
        """The facts that are kept with the task's file, where `read` finds that they stand for a probe."""

    def begin_wait(self, wait: Wait) -> None:
        """The attempt waits, between two stages, for what other attempts of this executor have."""

    def end_wait(self) -> None:
        """The attempt waits no more, if it did."""

    def note_encode(self, *, threads: int) -> None:
        """An encode begins, with so many threads."""

    def note_progress(self, progress: Progress) -> None:
        """The transcode has come this far."""

    def announce_output(self, *, bucket: str, key: str) -> None:
        """The attempt is about to upload there.

        Raises:
            ClaimLost: the attempt must not upload, the claim is another executor's now.
            Stopped: the attempt was told to stop before it could learn whether it still has the claim.
        """


class OtherAttempt(Protocol):
    """What makes an attempt that runs no ffmpeg, in place of `work`."""

    def __call__(self, task: ClaimedTask, /, *, context: "AttemptContext", observer: AttemptObserver) -> Outcome:
        """What became of the attempt, as of `work`."""
        ...


@dataclass(frozen=True, kw_only=True)
class AttemptContext:
    """What every attempt works with; all attempts of an executor share it."""

    store: Store
    runner: FfmpegRunner
    scratch: Scratch
    memory: MemoryBudget
    slots: Slots
    room: DiskRoom
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    processors: Processors = field(default_factory=Processors)
    limits: Limits = field(default_factory=Limits)
    traces: Traces = NO_TRACES
    # By the processor that a profile names, on executors that are set up for it.
    others: Mapping[str, OtherAttempt] = field(default_factory=dict)

    @property
    def known_profiles(self) -> frozenset[str]:
        """The names of the profiles whose tasks this executor can do: built-in ones, the site's own, a processor's."""
        known = {**BUILT_IN, **self.profiles}
        return frozenset(name for name, profile in known.items() if self._can(profile))

    def other_attempt(self, profile: str) -> OtherAttempt | None:
        """What makes the attempts of this profile, where it is not `work`."""
        known = self.profiles.get(profile) or BUILT_IN.get(profile)
        return None if known is None else self.others.get(known.processor)

    def _can(self, profile: Profile) -> bool:
        if profile.processor in OTHERS:
            return profile.processor in self.others
        return self.processors.can(profile)
