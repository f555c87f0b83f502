"""An executor is compared with peers that live, take the same tasks, and ended some at the same time."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.lifecycle import Failed, Rejected
from mediaproc.core.outlier import PeerComparison, Record
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.peer_comparison import compare
from mediaproc.db.tasks.take_back_strikes import take_back_failures
from tests.db.sample_rows import complete, executor, failed, insert_task, rejected, set_back
from tests.db.task_rows import claim_one


@dataclass
class PeerHistory:
    """Executors, and tasks that they claim one by one and end as a test asks."""

    engine: Engine
    added: int = 0

    def executor(self, *, confined: bool = False) -> Claimant:
        with self.engine.begin() as connection:
            return executor(connection, confined=confined)

    def end_new_task(self, *, by: Claimant, ending: Failed | Rejected | None = None) -> UUID:
        """Inserts, claims and ends a task; returns its token."""
        self.added += 1
        with self.engine.begin() as connection:
            insert_task(connection, self.added)
        return self.end_due_task(by=by, ending=ending)

    def end_due_task(self, *, by: Claimant, ending: Failed | Rejected | None = None) -> UUID:
        """Claims and ends the task that is due; returns its token."""
        task = claim_one(self.engine, by=by)
        with self.engine.begin() as connection:
            if ending is None:
                complete(connection, task)
            else:
                set_back(connection, task, ending)
        return task.claim_token

    def update_executor(self, change: str, claimant: Claimant) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(f"UPDATE media_executor SET {change} WHERE id = :id"), {"id": claimant.executor_id})  # noqa: S608 - the test's own

    def compare(self, claimant: Claimant, *tokens: UUID) -> PeerComparison:
        with self.engine.begin() as connection:
            return compare(connection, executor_id=claimant.executor_id, failed_claims=tokens, completed=0)


@pytest.fixture
def history(engine: Engine) -> PeerHistory:
    return PeerHistory(engine)


def test_peers_are_counted_from_the_first_failure_on(history: PeerHistory) -> None:
    own, good, bad = history.executor(), history.executor(), history.executor()
    history.end_new_task(by=good)
    history.end_new_task(by=bad, ending=failed())
    tokens = [history.end_new_task(by=own, ending=failed()) for _ in range(2)]
    for _ in range(2):
        history.end_new_task(by=good)
    history.end_new_task(by=bad, ending=rejected())
    compared = history.compare(own, *tokens)
    assert compared.own.failed == 2
    assert sorted(compared.peers, key=lambda peer: peer.completed) == [
        Record(completed=0, failed=1),
        Record(completed=2, failed=0),
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("state = 'paused'", id="that pauses"),
        pytest.param("state = 'stopped'", id="that has ended"),
        pytest.param("confined = true", id="that takes only its own tasks"),
        pytest.param("heartbeat_at = now() - interval '61 seconds'", id="that was not seen within its lease"),
        pytest.param("bucket = 'elsewhere'", id="with another store"),
    ],
)
def test_nobody_is_compared_with_one(change: str, history: PeerHistory) -> None:
    own, other = history.executor(), history.executor()
    history.update_executor("bucket = 'b'", own)
    token = history.end_new_task(by=own, ending=failed())
    history.end_new_task(by=other)
    assert history.compare(own, token).peers == [Record(completed=1, failed=0)]
    history.update_executor(change, other)
    assert history.compare(own, token).peers == []


def test_a_task_that_fails_elsewhere_too_shows_nothing_of_the_executor(history: PeerHistory, engine: Engine) -> None:
    own, other = history.executor(), history.executor()
    tokens = [history.end_new_task(by=own, ending=failed()) for _ in range(2)]
    assert history.compare(own, *tokens).own.failed == 2
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    others = history.end_due_task(by=other, ending=failed())
    assert history.compare(own, *tokens).own.failed == 1
    # Unless that one was itself an outlier; its failure still tells how it does.
    with engine.begin() as connection:
        assert take_back_failures(connection, claim_tokens=[others]) == 1
    compared = history.compare(own, *tokens)
    assert (compared.own.failed, compared.peers) == (2, [Record(completed=0, failed=1)])
