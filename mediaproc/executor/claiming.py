"""Asks the database for due tasks, and gives back the claims whose answer never arrived."""

from collections.abc import Callable, Collection
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.task import ClaimedTask
from mediaproc.db.database import Database
from mediaproc.db.engine import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from mediaproc.db.tasks.claim import Claimant, claim
from mediaproc.db.tasks.looks import Look, Whose
from mediaproc.db.tasks.release import release_unknown
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.queue_position import QueuePosition
from mediaproc.executor.self_fence import trusted_until
from mediaproc.executor.task_exclusions import TaskExclusions


class Claimer:
    """Claims for one executor; called by one thread at a time. `known` tells the tokens that the executor holds.

    `claimant` tells who claims, with the shard of now. `left_out` tells the tasks that it leaves to others now.
    """

    def __init__(
        self,
        database: Database,
        *,
        claimant: Callable[[], Claimant],
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
        self._known = known
        self._log = log
        self._left_out = left_out
        self._unheard: _UnheardClaim | None = None
        self._queues = [QueuePosition(whose=Whose.OWN, only=only)]
        # The shard that they have looked for.
        self._shard = claimant().shard
        if steal_after > 0 and only is None and (self._shard.is_auto or self._shard.total > 1):
            self._queues.append(QueuePosition(whose=Whose.OTHERS, due_for=steal_after))
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
        return tasks, trusted_until(asked_at, lease=self._claimant().lease)

    def begin_at_the_front(self) -> None:
        """Let the next claim look from the front of each queue again, not behind the task that was claimed last.

        A tick and a notification ask for that. A slot that has become free does not, nor does it ask a queue again
        that was at its end. Where this executor steals, the next claim also takes one task that another shard has
        had due for long: else an executor whose own shard always has due tasks would never steal.
        """
        for queue in self._queues:
            queue.begin_at_the_front()
        self._is_overdue_turn = self._steals

    def _due(self, *, limit: int) -> list[ClaimedTask]:
        """As few statements as find `limit` tasks, or find that there are no more."""
        by = self._claimant_now()
        tasks = self._look(by, limit=limit, overdue=self._is_turn_of_the_overdue())
        while len(tasks) < limit and self._open_queues():
            tasks += self._look(by, limit=limit - len(tasks))
        return tasks

    def _claimant_now(self) -> Claimant:
        """Where its shard is another one than at the latest claim, each queue is another one as well."""
        by = self._claimant()
        if by.shard != self._shard:
            self._shard = by.shard
            for queue in self._queues:
                queue.begin_at_the_front()
        return by

    def _is_turn_of_the_overdue(self) -> bool:
        """Never in two claims in succession: so a lone slot takes own tasks and overdue ones alternately."""
        is_turn = self._is_overdue_turn and not self._was_overdue_turn
        self._was_overdue_turn = False
        self._is_overdue_turn = self._is_overdue_turn and not is_turn
        return is_turn

    def _look(self, by: Claimant, *, limit: int, overdue: bool = False) -> list[ClaimedTask]:
        """One statement: what is overdue, if it is its turn, then the own shard, then what others left due for long."""
        queues = self._open_queues()
        looks = [queue.look() for queue in queues]
        if overdue:
            looks = [Look(whose=Whose.OVERDUE, due_for=self._steal_after), *looks]
        if not looks:
            return []
        with self._database.single(waits_for_standby=False) as connection:
            found = claim(connection, claimant=by, limit=limit, looks=looks, left_out=self._left_out.tasks)
        tasks = [task for one in found for task in one]
        if overdue:
            self._was_overdue_turn = bool(found.pop(0))
        for number, (queue, one) in enumerate(zip(queues, found, strict=True)):
            # A look that left room for a later one has found all that there was for it.
            queue.looked(one, left_room=len(tasks) < limit or any(found[number + 1 :]))
        return tasks

    def _open_queues(self) -> list[QueuePosition]:
        """Where something may be due: one queue alone, where it goes on, since it is hardly at its end."""
        queues = [queue for queue in (self._queues if self._steals else self._queues[:1]) if not queue.is_at_its_end]
        return queues[:1] if queues and queues[0].goes_on else queues

    @property
    def _steals(self) -> bool:
        return len(self._queues) > 1 and self._shard.total > 1

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
            released = release_unknown(connection, executor_id=self._claimant().executor_id, known=self._known())
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
