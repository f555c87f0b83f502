"""Moves tasks from executors where they only wait to executors that are idle."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.stop_reason import StopReason
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.waiting_tasks import WAITED_FOR, ask_for_waiting
from mediaproc.executor.attempt_registry import AttemptRegistry
from mediaproc.executor.task_exclusions import TaskExclusions

# Seconds between two questions of an idle executor.
_ASK_EVERY = 10.0
# Seconds for which an executor without a free slot does not claim what was asked for: the one that asked takes it by
# its next tick.
_LEFT_FOR = 15.0


@dataclass(kw_only=True)
class GivingBack:
    """Of one executor, which asks while it is idle and gives while others are. `steal_after` 0: it steals nothing."""

    slots: int
    database: Database
    claimant: Callable[[], Claimant]
    attempts: AttemptRegistry
    exclusions: TaskExclusions
    steal_after: float
    log: FilteringBoundLogger
    _next_question_at: float = field(default=0.0, init=False)

    def ask(self) -> None:
        """Ask the others for tasks that wait there, one for each free slot; called by one thread at a time.

        It asks seldom, however often it is called.
        """
        now, free = clock.elapsed(), self._free_slots()
        if free <= 0 or now < self._next_question_at:
            return
        self._next_question_at = now + _ASK_EVERY
        try:
            with self.database.single(waits_for_standby=False) as connection:
                asked = ask_for_waiting(
                    connection,
                    claimant=self.claimant(),
                    limit=free,
                    steal_after=self.steal_after,
                    left_out=self.exclusions.tasks,
                )
        except (Unavailable, PartMissing) as error:
            self.log.info("asking_failed", reason=str(error))
            return
        if asked:
            self.log.info("asked_for_waiting_tasks", tasks=len(asked))

    def give(self, task_ids: Collection[int]) -> None:
        """Another executor could begin these tasks now: give back those that still wait here, and would for long.

        An executor without a free slot claims none of them for a while: there they would only wait again.
        """
        now = clock.elapsed()
        if self._free_slots() <= 0:
            for task_id in task_ids:
                self.exclusions.leave(task_id, seconds=_LEFT_FOR)
        attempts = self.attempts.all()
        soon = sum(each.ends_encode_within(WAITED_FOR, now=now) for each in attempts)
        waiting = [each for each in attempts if each.waits_unbegun]
        for one in waiting[soon:]:
            if one.task.id in task_ids and one.tell_to_stop(StopReason.GIVEN_BACK):
                one.log.info("told_to_stop", stage=one.stage, reason=str(StopReason.GIVEN_BACK))

    def _free_slots(self) -> int:
        return self.slots - sum(not each.is_behind for each in self.attempts.all())
