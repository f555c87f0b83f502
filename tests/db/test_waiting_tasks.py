"""What an idle executor asks for: tasks that have waited elsewhere for a while, and that it may take."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import release_limit
from mediaproc.core.shard import Shard
from mediaproc.db.tasks.attempt_notes import note_encode, note_wait
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.waiting_tasks import ask_for_waiting
from tests.db.task_rows import add_tasks, claim_one

IDLE = Claimant(executor_id=uuid4(), shard=Shard(0, 1), lease=60.0)


@pytest.fixture
def waiting(engine: Engine) -> int:
    """A task that waits at another executor for ten seconds."""
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        note_wait(connection, claim_token=task.claim_token)
    run(engine, "UPDATE media_process_attempt SET waits_since = now() - interval '10 s'")
    return task_id


def run(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def asked(engine: Engine, *, by: Claimant = IDLE, steal_after: float = 0, limit: int = 5) -> list[int]:
    with engine.begin() as connection:
        return ask_for_waiting(connection, claimant=by, limit=limit, steal_after=steal_after)


def test_a_task_that_waits_elsewhere_is_asked_for(engine: Engine, waiting: int) -> None:
    assert asked(engine) == [waiting]


def test_one_that_has_only_begun_to_wait_is_not(engine: Engine, waiting: int) -> None:
    run(engine, "UPDATE media_process_attempt SET waits_since = now()")
    assert waiting not in asked(engine)


def test_one_that_encodes_by_now_is_not(engine: Engine, waiting: int) -> None:
    with engine.begin() as connection:
        token = connection.scalar(text("SELECT claim_token FROM media_process WHERE id = :id"), {"id": waiting})
        note_encode(connection, claim_token=token, threads=1)
    assert asked(engine) == []


def test_one_of_another_shard_is_only_when_it_is_overdue(engine: Engine, waiting: int) -> None:
    other = Claimant(executor_id=uuid4(), shard=Shard((waiting + 1) % 2, 2), lease=60.0)
    assert asked(engine, by=other, steal_after=60) == []
    run(engine, "UPDATE media_process SET next_attempt_at = now() - interval '61 s'")
    assert asked(engine, by=other, steal_after=60) == [waiting]
    assert asked(engine, by=other, steal_after=0) == []


def test_one_that_was_given_back_often_stays_where_it_is(engine: Engine, waiting: int) -> None:
    given_back = (
        "INSERT INTO media_process_attempt"
        " (claim_token, task_id, attempt, executor_id, shard_index, shard_total, finished_at, outcome, error_class)"
        " SELECT gen_random_uuid(), :id, 1, gen_random_uuid(), 0, 1, now(), 'released', 'given_back'"
    )
    for _ in range(release_limit(ErrorClass.GIVEN_BACK)):
        assert asked(engine) == [waiting]
        run(engine, given_back, id=waiting)
    assert asked(engine) == []


def test_an_executor_asks_itself_for_nothing(engine: Engine, waiting: int) -> None:
    with engine.begin() as connection:
        itself = connection.scalar(text("SELECT claimed_by FROM media_process WHERE id = :id"), {"id": waiting})
    assert itself is not None
    assert asked(engine, by=Claimant(executor_id=itself, shard=Shard(0, 1), lease=60.0)) == []
