"""The middle of an attempt, from the plan to a verified output: when it may encode, and which variants it tries."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mediaproc.admission import MemoryBudget
from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.attempt_stages import AttemptStages
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.ffmpeg_memory import PROBE_DATA
from mediaproc.core.plan import Plan, Variant
from mediaproc.core.plan.fallback import Tries
from mediaproc.core.stage import Stage
from mediaproc.core.verification import Verification
from mediaproc.core.wait import Wait
from mediaproc.ffmpeg.runner import RunReport

# Seconds that each variant of a plan gets at the least, also when an earlier one has stalled and used up nearly all of
# the plan's limit.
_SHORTEST_WALL = 1.0

# The plan of a task for so many threads of its encode.
Plans = Callable[[int], Plan]


@dataclass(frozen=True, kw_only=True)
class Production:
    """Of one attempt. `position` is the task's; `threads` tells how many threads an encode that begins now shall have.

    An encode holds a slot, and only for its own time: what is before and behind it needs none.
    """

    context: AttemptContext
    observer: AttemptObserver
    stages: AttemptStages
    position: float
    threads: Callable[[], int]

    def make(self, plans: Plans, *, source: Path, folder: Path) -> tuple[Path, Variant, Verification]:
        """What the plan makes; a source that needs more memory than it declares is tried once more with more."""
        try:
            return self._produce(plans, source=source, folder=folder)
        except AttemptFailed as error:
            if error.error_class is not ErrorClass.OUT_OF_MEMORY:
                raise
            self.stages.note_log(error.log_tail)
        budget, limits = self.context.memory, self.context.limits

        def roomier(threads: int) -> Plan:
            return plans(threads).with_more_memory(most=budget.most, limits=limits)

        try:
            return self._produce(roomier, source=source, folder=folder)
        except AttemptFailed as again:
            if again.error_class is not ErrorClass.OUT_OF_MEMORY or roomier(1).memory < budget.most:
                raise
            self.stages.note_log(again.log_tail)
            raise budget.too_small("The transcode wanted all the memory that there is") from None

    def _produce(self, plans: Plans, *, source: Path, folder: Path) -> tuple[Path, Variant, Verification]:
        """The output of the first variant that passes verification; the last one's failure is the attempt's."""
        plan = plans(1)
        output, tries = folder / plan.output_name, Tries(variants=plan.variants)
        before = self.stages.seconds_spent
        while True:
            # After a stall a try gets what is left of the plan's limit.
            spent = 0.0 if tries.stall is None else self.stages.seconds_spent - before
            wall = max(_SHORTEST_WALL, plan.wall_limit - spent)
            try:
                verification = self._produce_one(plans, variant=tries.variant, source=source, output=output, wall=wall)
            except (AttemptFailed, BadSource) as error:
                output.unlink(missing_ok=True)
                tries = tries.after(error)
            else:
                return output, tries.variant, verification

    def _produce_one(self, plans: Plans, *, variant: Variant, source: Path, output: Path, wall: float) -> Verification:
        """The memory is held until the output is verified, the slot only until it is encoded."""
        with ExitStack() as memory:
            with self._slot(variant) as most_threads:
                threads, plan = self._that_fit(plans, threads=most_threads)
                variant = plan.variants[plans(1).variants.index(variant)]
                size = at_least_a_probe(plan.memory, budget=self.context.memory)
                memory.enter_context(self.context.memory.reserve(size, stop=self.observer.stop))
                if not variant.only_copies:
                    self.observer.note_encode(threads=threads)
                run = self._transcode(plan, variant=variant, source=source, output=output, wall=wall)
            with self.stages.stage(Stage.VERIFY, allowance=plan.wall_limit):
                return self.context.runner.verify(
                    output, source=source, plan=plan, variant=variant, stop=self.observer.stop, run=run
                )

    @contextmanager
    def _slot(self, variant: Variant) -> Iterator[int]:
        """Holds a slot for the variant's encode; yields its number of threads. A copy needs none, and never waits."""
        if variant.only_copies:
            yield 1
            return
        with ExitStack() as slot:
            try:
                slot.enter_context(
                    self.context.slots.take(
                        position=self.position,
                        stop=self.observer.stop,
                        on_wait=partial(self.observer.begin_wait, Wait.SLOT),
                    )
                )
            finally:
                self.observer.end_wait()
            yield self.threads()

    def _that_fit(self, plans: Plans, *, threads: int) -> tuple[int, Plan]:
        """So many threads, or fewer where the memory for more is not free now, and the plan for them."""
        plan = plans(threads)
        while threads > 1 and plan.memory > self.context.memory.free:
            threads //= 2
            plan = plans(threads)
        return threads, plan

    def _transcode(self, plan: Plan, *, variant: Variant, source: Path, output: Path, wall: float) -> RunReport:
        with self.stages.stage(Stage.TRANSCODE, allowance=wall):
            run = self.context.runner.transcode(
                replace(plan, wall_limit=wall),
                variant=variant,
                source=source,
                output=output,
                on_progress=self.observer.note_progress,
                stop=self.observer.stop,
            )
        self.stages.note_log(run.log_tail)
        return run


def at_least_a_probe(memory: int, *, budget: MemoryBudget) -> int:
    """The memory that a child is admitted with: at least a probe's, since the output is probed too."""
    return max(memory, min(PROBE_DATA, budget.most))
