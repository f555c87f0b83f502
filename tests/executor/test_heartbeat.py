"""What the heartbeat makes of an answer: each lease for itself, and whatever becomes of the sign of life."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from mediaproc import clock, log
from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.stop_reason import StopReason
from mediaproc.core.strike_fairness import DatabaseState
from mediaproc.db.database import Database
from mediaproc.executor.heartbeat import Heartbeat
from mediaproc.executor.running_attempt import RunningAttempt
from tests.db.task_rows import add_tasks, claim_one, claimant

WHO = claimant(lease=60.0)


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(engine)


@pytest.fixture
def running(engine: Engine, database: Database) -> list[RunningAttempt]:
    """Three attempts whose leases can be trusted for a second yet."""
    add_tasks(engine, count=3)
    return [
        RunningAttempt(
            claim_one(engine, by=WHO), lease_trusted_until=clock.elapsed() + 1, database=database, log=log.get()
        )
        for _ in range(3)
    ]


def beat(database: Database, running: list[RunningAttempt], *, sign_of_life: Callable[[], None] = lambda: None) -> None:
    Heartbeat(
        database,
        lease=WHO.lease,
        interval=15.0,
        running=lambda: running,
        sign_of_life=sign_of_life,
        log=log.get(),
    ).beat()


def would_stop(running: list[RunningAttempt]) -> list[StopReason | None]:
    """Why each would be stopped half a lease from now."""
    return [one.reason or one.reason_to_stop(clock.elapsed() + 30) for one in running]


def test_a_locked_row_fences_its_own_attempt_and_no_other(
    engine: Engine, database: Database, running: list[RunningAttempt]
) -> None:
    with engine.connect() as forgotten:
        forgotten.execute(text("UPDATE media_process SET priority = 5 WHERE id = :id"), {"id": running[0].task.id})
        beat(database, running)
        # The strike for a lease that could not be renewed would not be fair.
        assert [one.look(clock.elapsed()).database for one in running] == [
            DatabaseState.OUT_OF_REACH,
            DatabaseState.ANSWERED,
            DatabaseState.ANSWERED,
        ]
        assert would_stop(running) == [StopReason.FENCED, None, None]
        forgotten.rollback()
    beat(database, running)
    assert would_stop(running) == [None, None, None]


def test_who_has_lost_its_claim_is_told_beside_a_locked_row(
    engine: Engine, database: Database, running: list[RunningAttempt]
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM media_process WHERE id = :id"), {"id": running[1].task.id})
    with engine.connect() as forgotten:
        forgotten.execute(text("UPDATE media_process SET priority = 5 WHERE id = :id"), {"id": running[0].task.id})
        beat(database, running)
        forgotten.rollback()
    assert would_stop(running) == [StopReason.FENCED, StopReason.CLAIM_LOST, None]


def test_a_renewal_that_was_answered_stands_without_the_sign_of_life(
    database: Database, running: list[RunningAttempt]
) -> None:
    def unheard() -> None:
        raise Unavailable("The executor's row is locked.", error_class=ErrorClass.DATABASE_UNAVAILABLE)

    beat(database, running, sign_of_life=unheard)
    assert would_stop(running) == [None, None, None]


def test_the_end_waits_for_the_beat_that_is_under_way(engine: Engine) -> None:
    """What the executor says last of itself, that it has stopped, would else be overwritten."""
    under_way, may_go_on, order = threading.Event(), threading.Event(), list[str]()

    def sign_of_life() -> None:
        under_way.set()
        may_go_on.wait()
        order.append("beat")

    heartbeat = Heartbeat(
        Database(engine),
        lease=WHO.lease,
        interval=60,
        running=list,
        sign_of_life=sign_of_life,
        log=log.get(),
    )
    heartbeat.start()
    heartbeat.hurry()
    assert under_way.wait(timeout=30)
    heartbeat.end()
    ending = threading.Thread(target=heartbeat.join)
    ending.start()
    # As long as it would take to end at once.
    ending.join(timeout=0.5)
    assert ending.is_alive()
    may_go_on.set()
    ending.join(timeout=30)
    assert order == ["beat"]
