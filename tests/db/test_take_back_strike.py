"""An executor that was cut off takes back the strike for its lost lease, once."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select, text

from mediaproc.core.lifecycle import RELEASE_LIMIT
from mediaproc.db.database import Database
from mediaproc.db.listener import Listener
from mediaproc.db.notifications import DUE
from mediaproc.db.tasks.take_back_strikes import take_back_strike
from tests.db.attempt_ends import complete, lose
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, history_row, task_row

_TWO_EARLIER_STRIKES = """
INSERT INTO media_process_attempt
  (claim_token, task_id, attempt, executor_id, shard_index, shard_total, outcome, finished_at)
SELECT gen_random_uuid(), :task, number, gen_random_uuid(), 0, 1, 'failed', now() FROM generate_series(-1, 0) number
"""

_STRIKES_TAKEN_BACK = """
INSERT INTO media_process_attempt
  (claim_token, task_id, attempt, executor_id, shard_index, shard_total, outcome, error_class, finished_at)
SELECT gen_random_uuid(), :task, 1 + number, gen_random_uuid(), 0, 1, 'released', 'lost', now()
FROM generate_series(1, :before) number
"""
_THE_END = 0


def _heard_before_the_end(engine: Engine, listener: Listener) -> list[int]:
    """What was said so far: words are heard in the order of their commits, and the last one is ours."""
    with engine.begin() as connection:
        connection.execute(select(func.pg_notify(DUE, str(_THE_END))))
    heard: list[int] = []
    while _THE_END not in heard:
        heard += listener.hear(seconds=1).due
    return [task_id for task_id in heard if task_id != _THE_END]


def test_a_strike_is_taken_back_exactly_once(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    for expected in (True, False):
        with engine.begin() as connection:
            assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token) is expected
        row = task_row(engine, task_id)
        assert row is not None
        assert (row.status, row.fail_count) == ("pending", 0)
    assert attempt_outcomes(engine, task_id) == ["released"]


@pytest.mark.parametrize(("before", "is_taken_back"), [(RELEASE_LIMIT - 1, True), (RELEASE_LIMIT, False)])
def test_strikes_are_not_taken_back_for_ever(
    engine: Engine,
    before: int,
    is_taken_back: bool,  # noqa: FBT001
) -> None:
    """As of a task whose encode keeps its executor from renewing, each time."""
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    with engine.begin() as connection:
        connection.execute(text(_STRIKES_TAKEN_BACK), {"task": task_id, "before": before})
        assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token) is is_taken_back
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count) == (("pending", 0) if is_taken_back else ("failed", 1))


def test_a_task_that_is_due_again_by_a_strike_taken_back_is_told_once(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    with engine.begin() as connection:
        # As if two strikes had been there before: what compensation did made it wait for a person.
        connection.execute(text("UPDATE media_process SET fail_count = 3"))
        connection.execute(text(_TWO_EARLIER_STRIKES), {"task": task_id})
    with Listener(Database(engine), executor_id=uuid4()) as listener:
        for _ in range(2):
            with engine.begin() as connection:
                take_back_strike(connection, task_id=task_id, claim_token=task.claim_token)
        assert _heard_before_the_end(engine, listener) == [task_id]
    assert claim_one(engine).fail_count == 2


def test_a_strike_taken_back_while_the_successor_works_tells_nobody(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    claim_one(engine)
    with Listener(Database(engine), executor_id=uuid4()) as listener:
        with engine.begin() as connection:
            assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token)
        assert _heard_before_the_end(engine, listener) == []


def test_taking_back_a_strike_leaves_the_successor_its_claim(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    successor = claim_one(engine)
    with engine.begin() as connection:
        assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token)
        assert complete(connection, successor)


def test_a_strike_is_taken_back_from_a_task_that_has_ended_meanwhile(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    with engine.begin() as connection:
        assert complete(connection, claim_one(engine))
    for expected in (True, False):
        with engine.begin() as connection:
            assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token) is expected
        ended = history_row(engine, task_id)
        assert ended is not None
        assert (ended.outcome, ended.fail_count) == ("completed", 0)
    assert attempt_outcomes(engine, task_id) == ["released", "completed"]
