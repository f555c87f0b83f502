"""A person retries a task or cancels it."""

import pytest
from sqlalchemy import Engine, text

from mediaproc.db.tasks.claim_standing import Standing, standing
from mediaproc.db.tasks.lease import Held, renew
from mediaproc.db.tasks.operator_acts import cancel, retry
from tests.db.attempt_ends import complete, set_back
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, history_row


def test_three_strikes_and_a_task_waits_for_a_person_who_may_retry_it(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    for _ in range(3):
        with engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
        task = claim_one(engine)
        with engine.begin() as connection:
            assert set_back(connection, task)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    with pytest.raises(ValueError, match="not enough values"):
        claim_one(engine)
    with engine.begin() as connection:
        assert retry(connection, ids=[task_id])
    assert claim_one(engine).attempt == 4


def test_a_cancelled_task_leaves_at_once_and_its_executor_finds_the_token_gone(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        assert not retry(connection, ids=[task_id])
        assert cancel(connection, ids=[task_id])
        assert not cancel(connection, ids=[task_id])
        held = [Held(task_id=task.id, claim_token=task.claim_token, progress=None)]
        assert renew(connection, held=held, lease=60).lost == {task.claim_token}
        assert not complete(connection, task)
        assert standing(connection, task_id=task_id, claim_token=task.claim_token) is Standing.LOST
    row = history_row(engine, task_id)
    assert row is not None
    assert (row.outcome, row.output_key) == ("cancelled", None)
    assert attempt_outcomes(engine, task_id) == ["cancelled"]
