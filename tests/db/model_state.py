"""The state of the model: the database at the begin of the protocol's steps, and the rows expected after them."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID, uuid4

from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import Engine, text

from mediaproc.core.outlier import TAKE_BACK_LIMIT
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.expired_leases import LostClaim
from tests.db.expected_rows import ExpectedRow
from tests.db.moved_clock import set_clock
from tests.db.task_rows import add_tasks

LEASE = 60.0


class ModelState(RuleBasedStateMachine):
    """Two executors of two shards, and two tasks of each shard, one of the four urgent."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.now, self.started = 0.0, -2 * LEASE
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "TRUNCATE media_process, media_process_history, media_process_attempt, media_files"
                    " RESTART IDENTITY CASCADE"
                )
            )
        self.set_clock()
        self.tasks = {task_id: ExpectedRow() for task_id in add_tasks(self.engine, count=3)}
        self.tasks |= {
            task_id: ExpectedRow(priority=5) for task_id in add_tasks(self.engine, count=1, name="urgent", priority=5)
        }
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET next_attempt_at = moved.now()"))
        self.executors = [Claimant(executor_id=uuid4(), shard=Shard(index, 2), lease=LEASE) for index in range(2)]
        # The session that holds the locks of the executors' listeners.
        self.listeners = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self.listening: set[UUID] = set()
        self.claims: list[ClaimedTask] = []
        self.outcomes: dict[UUID, str | None] = {}
        # The attempts of each task that outliers took back.
        self.taken_back: defaultdict[int, list[int]] = defaultdict(list)
        self.winners: dict[int, tuple[UUID | None, str | None]] = {}

    def teardown(self) -> None:
        self.listeners.invalidate()
        self.listeners.close()

    def picked(self, pick: int) -> ClaimedTask:
        return self.claims[pick % len(self.claims)]

    def holds(self, one: ClaimedTask) -> bool:
        return one.id in self.tasks and self.tasks[one.id].holder == one.claim_token

    def due(self, *, for_seconds: float = 0.0) -> list[int]:
        """The due tasks in the order of claims."""
        due = [task_id for task_id, task in self.tasks.items() if task.is_due(self.now - for_seconds)]
        return sorted(due, key=lambda task_id: (-self.tasks[task_id].priority, task_id))

    def held(self) -> list[tuple[UUID, ExpectedRow]]:
        return [(task.holder, task) for task in self.tasks.values() if task.holder is not None]

    def note_claimed(self, claimed: Sequence[ClaimedTask], *, expected: Sequence[int], by: Claimant) -> None:
        assert [task.id for task in claimed] == expected
        for task in claimed:
            assert task.claim_token not in self.outcomes
            self.tasks[task.id].take(task.claim_token, by=by.executor_id, lease_ends=self.now + LEASE)
            self.claims.append(task)
            self.outcomes[task.claim_token] = None

    def note_lost(self, lost: Sequence[LostClaim], *, expected: set[UUID]) -> None:
        assert {one.claim_token for one in lost} == expected
        for one in lost:
            task = self.tasks[one.task_id]
            task.strikes.append(one.claim_token)
            task.leave("failed", due=self.now)
            self.outcomes[one.claim_token] = "lost"

    def may_take_back(self, one: ClaimedTask) -> bool:
        """Whether outliers have taken back fewer attempts than they may since a person last retried the task."""
        retried_after = self.tasks[one.id].retried_after if one.id in self.tasks else 0
        return sum(attempt > retried_after for attempt in self.taken_back[one.id]) < TAKE_BACK_LIMIT

    def note_taken_back(self, one: ClaimedTask) -> None:
        self.outcomes[one.claim_token] = "released"
        self.taken_back[one.id].append(one.attempt)
        task = self.tasks.get(one.id)
        if task is None:
            return
        if one.claim_token in task.strikes:
            task.strikes.remove(one.claim_token)
        if task.status in {"failed", "rejected"} and task.attempts == one.attempt:
            task.leave("pending", due=self.now)

    def set_clock(self) -> None:
        with self.engine.begin() as connection:
            set_clock(connection, now=self.now, started=self.started)
