"""Another session that holds a row, such as a person's in psql, holds up that row's task and no other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from mediaproc.core.task import ClaimedTask
from mediaproc.db.tasks.expired_leases import LostClaim, fail_claims_of_dead, fail_expired_leases, still_held_by
from mediaproc.db.tasks.lease import Held, Renewal, renew
from mediaproc.db.tasks.operator_acts import cancel
from tests.db.removed_guards import without_guard
from tests.db.task_rows import add_tasks, claim_one, claimant, task_row

_DEAD = claimant()


@pytest.fixture
def tasks(engine: Engine) -> list[ClaimedTask]:
    """Three that one executor works on; it holds no lock of a listener."""
    add_tasks(engine, count=3)
    return [claim_one(engine, by=_DEAD) for _ in range(3)]


@contextmanager
def locked(engine: Engine, task: ClaimedTask) -> Iterator[None]:
    """Inside the block a transaction that somebody forgot has changed the task's row."""
    with engine.connect() as forgotten:
        forgotten.execute(text("UPDATE media_process SET priority = 5 WHERE id = :id"), {"id": task.id})
        yield
        forgotten.rollback()


def renew_all(engine: Engine, tasks: list[ClaimedTask]) -> Renewal:
    held = [Held(task_id=task.id, claim_token=task.claim_token, progress=None) for task in tasks]
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
        return renew(connection, held=held, lease=60)


def test_a_locked_row_costs_nobody_else_a_renewal(engine: Engine, tasks: list[ClaimedTask]) -> None:
    first, second, third = tasks
    with engine.begin() as connection:
        assert cancel(connection, ids=[third.id])
    before = task_row(engine, first.id)
    with locked(engine, first):
        renewal = renew_all(engine, tasks)
        assert renewal.renewed == {second.claim_token}
        assert renewal.lost == {third.claim_token}
    assert task_row(engine, first.id) == before
    assert renew_all(engine, tasks).renewed == {first.claim_token, second.claim_token}


def test_without_skip_locked_a_locked_row_costs_everybody_the_renewal(engine: Engine, tasks: list[ClaimedTask]) -> None:
    """The control."""
    with (
        locked(engine, tasks[0]),
        without_guard(engine, guard="SKIP LOCKED"),
        pytest.raises(OperationalError, match="lock timeout"),
    ):
        renew_all(engine, tasks)


def _of_leases(connection: Connection) -> list[LostClaim]:
    return fail_expired_leases(connection, hold_off=0)


def _of_the_dead(connection: Connection) -> list[LostClaim]:
    return fail_claims_of_dead(connection, dead=[_DEAD.executor_id])


Pass = Callable[[Connection], list[LostClaim]]
PASSES = pytest.mark.parametrize("compensation_pass", [_of_leases, _of_the_dead])


def lost(engine: Engine, compensation_pass: Pass) -> set[int]:
    """The tasks that the pass takes away; every lease has run out."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
        return {claim.task_id for claim in compensation_pass(connection)}


@pytest.fixture
def overdue(engine: Engine, tasks: list[ClaimedTask]) -> list[ClaimedTask]:
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 s'"))
    return tasks


@PASSES
def test_a_locked_row_waits_for_a_later_pass_and_keeps_nobody_else(
    engine: Engine, overdue: list[ClaimedTask], compensation_pass: Pass
) -> None:
    with locked(engine, overdue[0]):
        assert lost(engine, compensation_pass) == {task.id for task in overdue[1:]}
    assert lost(engine, compensation_pass) == {overdue[0].id}


@PASSES
def test_without_skip_locked_a_locked_row_stops_the_pass(
    engine: Engine, overdue: list[ClaimedTask], compensation_pass: Pass
) -> None:
    """The control."""
    with (
        locked(engine, overdue[0]),
        without_guard(engine, guard="SKIP LOCKED"),
        pytest.raises(OperationalError, match="lock timeout"),
    ):
        lost(engine, compensation_pass)


def test_who_is_dead_is_told_as_long_as_it_holds_what_was_passed_over(engine: Engine, tasks: list[ClaimedTask]) -> None:
    def holders() -> frozenset[UUID]:
        with engine.connect() as connection:
            return still_held_by(connection, dead=[_DEAD.executor_id, uuid4()])

    assert holders() == {_DEAD.executor_id}
    with locked(engine, tasks[0]):
        lost(engine, _of_the_dead)
        assert holders() == {_DEAD.executor_id}
    lost(engine, _of_the_dead)
    assert not holders()
