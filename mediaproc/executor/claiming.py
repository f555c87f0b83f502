"""Asks the database for due tasks, and gives back the claims whose answer never arrived."""

from collections.abc import Callable, Collection
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.task import ClaimedTask
from mediaproc.db.engine import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.self_fence import trusted_until
from mediaproc.executor.task_exclusions import TaskExclusions
from mediaproc.executor.task_table import TaskTable


class Claimer:
    """Claims for one executor; called by one thread at a time. `known` tells the tokens that the executor holds.

    `left_out` tells the tasks that it leaves to others now.
    """

    def __init__(
        self,
        task_table: TaskTable,
        *,
        backpressure: Backpressure,
        steal_after: float,
        only: Collection[int] | None,
        known: Callable[[], Collection[UUID]],
        left_out: TaskExclusions,
        log: FilteringBoundLogger,
    ) -> None:
        self._task_table = task_table
        self._backpressure = backpressure
        self._steal_after = steal_after
        self._only = only
        self._known = known
        self._log = log
        self._left_out = left_out
        self._unheard: _UnheardClaim | None = None
        self._latest: ClaimedTask | None = None
        # Whether the next slot is for the task that has been due the longest, and whether the latest claim took one.
        self._is_overdue_turn = False
        self._was_overdue_turn = False

    def claim(self, *, limit: int) -> tuple[list[ClaimedTask], float] | None:
        """At most `limit` due tasks, and until when their leases can be trusted.

        None when nothing may be claimed now, or the database did not answer.
        """
        limit = self._backpressure.allowance(limit)
        if limit == 0:
            return None
        try:
            self.release_unheard()
            asked_at = clock.elapsed()
            tasks = self._due(limit=limit)
        except (Unavailable, PartMissing) as error:
            # The UPDATE may have been committed all the same, or be committed yet.
            self._unheard = _UnheardClaim()
            self._backpressure.part_failed(ErrorClass.DATABASE_UNAVAILABLE, sentence=str(error))
            return None
        self._backpressure.part_works("database")
        for task in tasks:
            self._backpressure.claimed(task.claim_token)
        return tasks, trusted_until(asked_at, lease=self._task_table.claimant.lease)

    def begin_at_the_front(self) -> None:
        """Let the next claim begin at the front again, not behind the latest one; called at each tick, even a busy one.

        And let it give one slot to the task that has been due the longest, of whatever shard: its own shard may keep
        this executor busy for ever.
        """
        self._latest = None
        self._is_overdue_turn = (
            self._steal_after > 0 and self._only is None and self._task_table.claimant.shard.total > 1
        )

    def _due(self, *, limit: int) -> list[ClaimedTask]:
        overdue = self._overdue()
        return overdue + (self._in_order(limit=limit - len(overdue)) if limit > len(overdue) else [])

    def _overdue(self) -> list[ClaimedTask]:
        """One task in one claim after a tick, and never in two claims in succession: a lone slot takes turns."""
        if not self._is_overdue_turn or self._was_overdue_turn:
            self._was_overdue_turn = False
            return []
        self._is_overdue_turn = False
        overdue = self._task_table.claim_overdue(due_for=self._steal_after, left_out=self._left_out.tasks)
        self._was_overdue_turn = bool(overdue)
        return overdue

    def _in_order(self, *, limit: int) -> list[ClaimedTask]:
        """The tasks behind the latest claim; from the front only when none follows there."""
        tasks, left_out = list[ClaimedTask](), self._left_out.tasks
        if self._latest is not None:
            tasks = self._task_table.claim_after(self._latest, limit=limit, only=self._only, left_out=left_out)
        if not tasks:
            tasks = self._task_table.claim(
                limit=limit, steal_after=self._steal_after, only=self._only, left_out=left_out
            )
        if tasks:
            self._latest = tasks[-1]
        return tasks

    def disown(self, claim_tokens: Collection[UUID]) -> None:
        """No attempt works on these claims: they are given back as soon as the database answers."""
        for claim_token in claim_tokens:
            self._backpressure.ended(claim_token, got_through=False)
        self._unheard = _UnheardClaim()

    def release_unheard(self) -> None:
        """Give back what was claimed in this executor's name by a claim whose answer it never heard.

        Raises:
            Unavailable, PartMissing
        """
        if self._unheard is None:
            return
        released = self._task_table.release_unknown(known=self._known())
        if released:
            self._log.info("unheard_claims_released", tasks=released)
        if self._unheard.is_over(clock.elapsed()):
            self._unheard = None


class _UnheardClaim:
    """A claim that got no answer: it may have been committed, or be committed a while after the next answer."""

    def __init__(self) -> None:
        self._over_at: float | None = None

    def is_over(self, now: float) -> bool:
        """Whether no statement from before the first answer can commit any more; asked after each answer."""
        if self._over_at is None:
            self._over_at = now + STATEMENT_TIMEOUT + LOCK_TIMEOUT
        return now >= self._over_at
