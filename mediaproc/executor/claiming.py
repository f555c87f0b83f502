"""Asks the database for due tasks, and gives back the claims whose answer never arrived."""

from collections.abc import Callable, Collection
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.task import ClaimedTask
from mediaproc.db.database import Database
from mediaproc.db.engine import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from mediaproc.db.tasks.claim import Claimant, claim_due, claim_overdue, claim_stolen
from mediaproc.db.tasks.release import release_unknown
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.self_fence import trusted_until
from mediaproc.executor.task_exclusions import TaskExclusions


class Claimer:
    """Claims for one executor; called by one thread at a time. `known` tells the tokens that the executor holds.

    `left_out` tells the tasks that it leaves to others now.
    """

    def __init__(
        self,
        database: Database,
        *,
        claimant: Claimant,
        backpressure: Backpressure,
        steal_after: float,
        only: Collection[int] | None,
        known: Callable[[], Collection[UUID]],
        left_out: TaskExclusions,
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._claimant = claimant
        self._backpressure = backpressure
        self._steal_after = steal_after
        self._only = only
        self._known = known
        self._log = log
        self._left_out = left_out
        self._unheard: _UnheardClaim | None = None
        self._latest: ClaimedTask | None = None
        # Whether the next claim is to take the task that has been due the longest.
        self._is_overdue_turn = False
        # Whether the latest claim took such a task.
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
            # The UPDATE may have been committed all the same, or will be committed later.
            self._unheard = _UnheardClaim()
            self._backpressure.part_failed(ErrorClass.DATABASE_UNAVAILABLE, sentence=str(error))
            return None
        self._backpressure.part_works("database")
        for task in tasks:
            self._backpressure.claimed(task.claim_token)
        return tasks, trusted_until(asked_at, lease=self._claimant.lease)

    def begin_at_the_front(self) -> None:
        """Let the next claim look from the front of the queue again, not behind the task that was claimed last.

        A tick and a notification ask for that; a slot that has become free does not. Where this executor steals, the
        next claim also takes the task that has been due the longest, whatever its shard: else an executor whose own
        shard always has due tasks would never steal.
        """
        self._latest = None
        self._is_overdue_turn = self._steals

    def _due(self, *, limit: int) -> list[ClaimedTask]:
        overdue = self._overdue()
        return overdue + (self._in_order(limit=limit - len(overdue)) if limit > len(overdue) else [])

    def _overdue(self) -> list[ClaimedTask]:
        """The task that has been due the longest, if it is its turn. Never in two claims in succession.

        So an executor with one slot takes its own tasks and overdue ones alternately.
        """
        if not self._is_overdue_turn or self._was_overdue_turn:
            self._was_overdue_turn = False
            return []
        self._is_overdue_turn = False
        with self._database.write(waits_for_standby=False) as connection:
            overdue = claim_overdue(
                connection, claimant=self._claimant, due_for=self._steal_after, left_out=self._left_out.tasks
            )
        self._was_overdue_turn = bool(overdue)
        return overdue

    def _in_order(self, *, limit: int) -> list[ClaimedTask]:
        """The tasks behind the latest claim; from the front only when none follows there."""
        tasks = self._own(limit=limit, after=self._latest) if self._latest is not None else []
        tasks = tasks or self._own_or_stolen(limit=limit)
        if tasks:
            self._latest = tasks[-1]
        return tasks

    def _own(self, *, limit: int, after: ClaimedTask) -> list[ClaimedTask]:
        with self._database.write(waits_for_standby=False) as connection:
            return claim_due(
                connection,
                claimant=self._claimant,
                limit=limit,
                only=self._only,
                after=after,
                left_out=self._left_out.tasks,
            )

    def _own_or_stolen(self, *, limit: int) -> list[ClaimedTask]:
        """Own tasks first; where none is due, those that other shards have left due for long."""
        who, left_out = self._claimant, self._left_out.tasks
        with self._database.write(waits_for_standby=False) as connection:
            tasks = claim_due(connection, claimant=who, limit=limit, only=self._only, left_out=left_out)
            if not tasks and self._steals:
                due_for = self._steal_after
                tasks = claim_stolen(connection, claimant=who, limit=limit, due_for=due_for, left_out=left_out)
            return tasks

    @property
    def _steals(self) -> bool:
        return self._steal_after > 0 and self._only is None and self._claimant.shard.total > 1

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
        with self._database.write() as connection:
            released = release_unknown(connection, executor_id=self._claimant.executor_id, known=self._known())
        if released:
            self._log.info("unheard_claims_released", tasks=released)
        if self._unheard.is_over(clock.elapsed()):
            self._unheard = None


class _UnheardClaim:
    """A claim whose answer was lost: its UPDATE may be committed, even a while after the database answers again."""

    def __init__(self) -> None:
        self._over_at: float | None = None

    def is_over(self, now: float) -> bool:
        """Whether its UPDATE can no longer commit: that takes a while after the database's first answer.

        Called each time that the database has answered.
        """
        if self._over_at is None:
            self._over_at = now + STATEMENT_TIMEOUT + LOCK_TIMEOUT
        return now >= self._over_at
