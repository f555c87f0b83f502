"""What an executor is compared with: those that live, take the same tasks, and did something in that time."""

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
class AttackFolder:
    """Tasks that are claimed one by one, and end as they are told."""

    engine: Engine
    added: int = 0

    def executor(self, *, confined: bool = False) -> Claimant:
        with self.engine.begin() as connection:
            return executor(connection, confined=confined)

    def ends(self, *, by: Claimant, ending: Failed | Rejected | None = None) -> UUID:
        """A new task, claimed and ended; its token."""
        self.added += 1
        with self.engine.begin() as connection:
            insert_task(connection, self.added)
        return self.ends_again(by=by, ending=ending)

    def ends_again(self, *, by: Claimant, ending: Failed | Rejected | None = None) -> UUID:
        """What is due is claimed and ended."""
        task = claim_one(self.engine, by=by)
        with self.engine.begin() as connection:
            if ending is None:
                complete(connection, task)
            else:
                set_back(connection, task, ending)
        return task.claim_token

    def say(self, change: str, claimant: Claimant) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(f"UPDATE media_executor SET {change} WHERE id = :id"), {"id": claimant.executor_id})  # noqa: S608 - the test's own

    def compare(self, claimant: Claimant, *tokens: UUID) -> PeerComparison:
        with self.engine.begin() as connection:
            return compare(connection, executor_id=claimant.executor_id, failed_claims=tokens, completed=0)


@pytest.fixture
def yard(engine: Engine) -> AttackFolder:
    return AttackFolder(engine)


def test_peers_are_counted_from_the_first_failure_on(yard: AttackFolder) -> None:
    own, good, bad = yard.executor(), yard.executor(), yard.executor()
    yard.ends(by=good)
    yard.ends(by=bad, ending=failed())
    tokens = [yard.ends(by=own, ending=failed()) for _ in range(2)]
    for _ in range(2):
        yard.ends(by=good)
    yard.ends(by=bad, ending=rejected())
    compared = yard.compare(own, *tokens)
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
def test_nobody_is_compared_with_one(change: str, yard: AttackFolder) -> None:
    own, other = yard.executor(), yard.executor()
    yard.say("bucket = 'b'", own)
    token = yard.ends(by=own, ending=failed())
    yard.ends(by=other)
    assert yard.compare(own, token).peers == [Record(completed=1, failed=0)]
    yard.say(change, other)
    assert yard.compare(own, token).peers == []


def test_a_task_that_fails_elsewhere_too_shows_nothing_of_the_executor(yard: AttackFolder, engine: Engine) -> None:
    own, other = yard.executor(), yard.executor()
    tokens = [yard.ends(by=own, ending=failed()) for _ in range(2)]
    assert yard.compare(own, *tokens).own.failed == 2
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    others = yard.ends_again(by=other, ending=failed())
    assert yard.compare(own, *tokens).own.failed == 1
    # Unless that one was itself an outlier; its failure still tells how it does.
    with engine.begin() as connection:
        assert take_back_failures(connection, claim_tokens=[others]) == 1
    compared = yard.compare(own, *tokens)
    assert (compared.own.failed, compared.peers) == (2, [Record(completed=0, failed=1)])
