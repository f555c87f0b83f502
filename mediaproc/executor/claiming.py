"""Ask the database for due tasks, and find the claims whose answer never arrived."""

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
        self._doubt: _Doubt | None = None
        self._latest: ClaimedTask | None = None
        # Whether the next slot is for what has been due the longest.
        self._is_overdues_turn = False
        self._was_overdues_turn = False

    def claim(self, *, limit: int) -> tuple[list[ClaimedTask], float] | None:
        """At most `limit` due tasks, and until when their leases can be trusted; None when nobody could tell."""
        limit = self._backpressure.allowance(limit)
        if limit == 0:
            return None
        try:
            self.release_unheard()
            asked_at = clock.elapsed()
            tasks = self._due(limit=limit)
        except (Unavailable, PartMissing) as error:
            # The UPDATE may have been committed all the same, or be committed yet.
            self._doubt = _Doubt()
            self._backpressure.part_failed(ErrorClass.DATABASE_UNAVAILABLE, sentence=str(error))
            return None
        self._backpressure.part_works("database")
        for task in tasks:
            self._backpressure.claimed(task.claim_token)
        return tasks, trusted_until(asked_at, lease=self._task_table.claimant.lease)

    def begin_at_the_front(self) -> None:
        """Let the next claim see what became due before the latest one's place; said at each tick, even a busy one.

        And let one slot go to what has been due the longest, of whatever shard: its own may keep it busy for ever.
        """
        self._latest = None
        self._is_overdues_turn = (
            self._steal_after > 0 and self._only is None and self._task_table.claimant.shard.total > 1
        )

    def _due(self, *, limit: int) -> list[ClaimedTask]:
        overdue = self._overdue()
        return overdue + (self._in_order(limit=limit - len(overdue)) if limit > len(overdue) else [])

    def _overdue(self) -> list[ClaimedTask]:
        """One task in one claim after a tick, and never in two claims in succession: a lone slot takes turns."""
        if not self._is_overdues_turn or self._was_overdues_turn:
            self._was_overdues_turn = False
            return []
        self._is_overdues_turn = False
        overdue = self._task_table.claim_overdue(due_for=self._steal_after, left_out=self._left_out.tasks)
        self._was_overdues_turn = bool(overdue)
        return overdue

    def _in_order(self, *, limit: int) -> list[ClaimedTask]:
        """It goes on behind the latest claim, and begins at the front only when nothing follows there."""
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
        """Nobody works on these claims; as soon as the database answers they are given back."""
        for claim_token in claim_tokens:
            self._backpressure.ended(claim_token, got_through=False)
        self._doubt = _Doubt()

    def release_unheard(self) -> None:
        """Give back what was claimed in our name without our hearing of it.

        Raises:
            Unavailable, PartMissing
        """
        if self._doubt is None:
            return
        released = self._task_table.release_unknown(known=self._known())
        if released:
            self._log.info("unheard_claims_released", tasks=released)
        if self._doubt.is_over(clock.elapsed()):
            self._doubt = None


class _Doubt:
    """A claim got no answer: its tasks may be ours without our knowing, also a while after the next answer."""

    def __init__(self) -> None:
        self._over_at: float | None = None

    def is_over(self, now: float) -> bool:
        """Asked after each answered look: whether no statement from before the first of them can still commit."""
        if self._over_at is None:
            self._over_at = now + STATEMENT_TIMEOUT + LOCK_TIMEOUT
        return now >= self._over_at
