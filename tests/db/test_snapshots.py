"""What waits for a row until another's transaction ends sees all that this one wrote, not its row alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from sqlalchemy import Connection, Engine

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, verdict
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.tasks.claim import claim_due
from mediaproc.db.tasks.expired_leases import fail_claims_of_dead
from mediaproc.db.tasks.operator_acts import cancel, retry
from mediaproc.db.tasks.settle import settle_setback
from mediaproc.db.tasks.take_back_strikes import take_back_strike
from tests.db.removed_guards import without_guard
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, claimant, history_row, task_row, wait_for_a_lock

GUARDED = pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "the control"])


def meanwhile(
    engine: Engine, *, first: Callable[[Connection], object], then: Callable[[Connection], bool], guarded: bool
) -> bool:
    """What `then` returns, which begins before `first` commits and waits for it."""

    def run() -> bool:
        with engine.begin() as connection:
            return then(connection)

    with (
        nullcontext() if guarded else without_guard(engine, guard="await_row"),
        ThreadPoolExecutor(1) as threads,
        engine.begin() as connection,
    ):
        first(connection)
        waiting = threads.submit(run)
        wait_for_a_lock(engine)
        connection.commit()
        return waiting.result()


@GUARDED
def test_a_cancellation_that_waits_for_a_claim_ends_its_attempt(engine: Engine, *, guarded: bool) -> None:
    (task_id,) = add_tasks(engine, count=1)
    assert meanwhile(
        engine,
        first=lambda connection: claim_due(connection, claimant=claimant(), limit=1),
        then=lambda connection: bool(cancel(connection, ids=[task_id])),
        guarded=guarded,
    )
    row = history_row(engine, task_id)
    assert row is not None
    assert row.claim_token is not None
    assert attempt_outcomes(engine, task_id) == ["cancelled" if guarded else None]


@GUARDED
def test_a_strike_taken_back_after_a_retry_that_it_waited_for_is_its_own(engine: Engine, *, guarded: bool) -> None:
    """A person's retry forgave it; the one that counts by the time that the row is free is the successor's."""
    (task_id,) = add_tasks(engine, count=1)
    cut_off = claimant()
    lost = claim_one(engine, by=cut_off)
    with engine.begin() as connection:
        assert fail_claims_of_dead(connection, dead=[cut_off.executor_id])

    def retry_and_fail(connection: Connection) -> None:
        assert retry(connection, ids=[task_id])
        (successor,) = claim_due(connection, claimant=claimant(), limit=1)
        assert fail(connection, successor)

    assert meanwhile(
        engine,
        first=retry_and_fail,
        then=lambda connection: take_back_strike(connection, task_id=task_id, claim_token=lost.claim_token),
        guarded=guarded,
    )
    row = task_row(engine, task_id)
    assert row is not None
    assert row.fail_count == (1 if guarded else 0)


def fail(connection: Connection, task: ClaimedTask) -> bool:
    decided = verdict(
        Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="It did not work."),
        fail_count=task.fail_count,
        policy=task_failure(base=10, cap=3600),
        jitter=1.0,
    )
    return settle_setback(connection, task_id=task.id, claim_token=task.claim_token, verdict=decided, report=Report())
