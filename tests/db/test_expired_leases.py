"""A claim whose lease ran out is failed with a strike, once, and never while it is good."""

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import release_limit
from mediaproc.db.tasks.attempt_notes import note_encode, note_wait
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


def lost_while_it_waits(engine: Engine) -> None:
    task = claim_one(engine)
    with engine.begin() as connection:
        note_wait(connection, claim_token=task.claim_token)
    assert lose(engine) == 1


def test_what_only_waited_for_a_slot_where_its_executor_died_gets_no_strike(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    lost_while_it_waits(engine)
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count, row.error_class, row.claim_token) == ("pending", 0, None, None)
    assert attempt_outcomes(engine, task_id) == ["released"]


def test_what_had_begun_to_encode_gets_one(engine: Engine) -> None:
    """The control of the one above: a source that kills its executors shall not go round for ever."""
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        note_wait(connection, claim_token=task.claim_token)
        note_encode(connection, claim_token=task.claim_token, threads=2)
    assert lose(engine) == 1
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count) == ("failed", 1)
    assert attempt_outcomes(engine, task_id) == ["lost"]


def test_even_what_only_waits_is_not_lost_for_ever_without_a_strike(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    for _ in range(release_limit(ErrorClass.LOST)):
        lost_while_it_waits(engine)
    assert attempt_outcomes(engine, task_id) == ["released"] * 3
    lost_while_it_waits(engine)
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count) == ("failed", 1)
