"""A claim whose lease ran out is failed with a strike, once, and never while it is good."""

import pytest
from sqlalchemy import Engine, text

from mediaproc.db.tasks.expired_leases import fail_expired_leases
from tests.db.attempt_ends import complete, lose
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, history_row, task_row


def test_a_lost_claim_costs_a_strike_and_is_due_at_once(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    claim_one(engine)
    assert lose(engine) == 1
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count, row.error_class) == ("failed", 1, "lost")
    assert claim_one(engine).fail_count == 1


def test_compensation_leaves_a_lease_that_is_good_and_holds_off_after_a_restart(engine: Engine) -> None:
    add_tasks(engine, count=1)
    claim_one(engine)
    with engine.begin() as connection:
        assert fail_expired_leases(connection, hold_off=0) == []
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 s'"))
        assert fail_expired_leases(connection, hold_off=86_400) == []
        assert len(fail_expired_leases(connection, hold_off=0)) == 1


@pytest.mark.parametrize("first", ["settle", "compensate"])
def test_settle_and_compensation_have_one_winner_in_either_order(engine: Engine, first: str) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    if first == "settle":
        with engine.begin() as connection:
            assert complete(connection, task)
        assert lose(engine) == 0
        assert attempt_outcomes(engine, task_id) == ["completed"]
    else:
        assert lose(engine) == 1
        with engine.begin() as connection:
            assert not complete(connection, task)
        assert attempt_outcomes(engine, task_id) == ["lost"]
        assert history_row(engine, task_id) is None
