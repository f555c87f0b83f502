"""What an attempt that was told to stop, or given back again and again, makes of its task."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from mediaproc import clock, log
from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Rejected, Released, release_limit
from mediaproc.core.stage import Stage
from mediaproc.core.stop_reason import StopReason
from mediaproc.core.task import Outcome, Rendition, Report
from mediaproc.db.database import Database
from mediaproc.db.tasks.operator_acts import retry
from mediaproc.executor.outcome_writer import OutcomeWriter
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.store.interface import Store
from tests.db.task_rows import add_tasks, claim_one, claimant, task_row
from tests.parts.site import Site

Ending = Rendition | Failed | Rejected | Released | None
Play = Callable[[Stage, StopReason | None, Ending], None]

# How often the store may refuse one task without a strike.
REFUSALS = release_limit(ErrorClass.STORE_UNAVAILABLE)


@pytest.fixture
def store(directory_site: Site) -> Store:
    return directory_site.store


@pytest.fixture
def play(engine: Engine, store: Store) -> Play:
    """Claims the one task, due or not, and settles an attempt that came as far as the stage."""
    who = claimant()
    database = Database(engine)
    settler = OutcomeWriter(
        database=database, store=store, policy=task_failure(base=1, cap=1), give_up=threading.Event()
    )
    add_tasks(engine, count=1)

    def settle(stage: Stage, reason: StopReason | None, ending: Ending) -> None:
        with engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
        running = RunningAttempt(
            claim_one(engine, by=who), lease_trusted_until=clock.elapsed() + 60, database=database, log=log.get()
        )
        running.enter_stage(stage, allowance=60)
        if reason:
            running.tell_to_stop(reason)
        settler.settle(running, outcome=Outcome(ending=ending, report=Report()))

    return settle


@pytest.mark.parametrize("stage", [Stage.DOWNLOAD, Stage.UPLOAD])
def test_a_slow_store_gives_the_task_back_without_a_strike(engine: Engine, play: Play, stage: Stage) -> None:
    play(stage, StopReason.OVERDUE, None)
    row = task_row(engine, 1)
    assert row is not None
    assert (row.status, row.fail_count, row.error_class) == ("pending", 0, "store_unavailable")
    assert f"The stage {stage} took longer than it may" in row.error


@pytest.mark.parametrize("stage", [Stage.PROBE, Stage.TRANSCODE, Stage.VERIFY])
def test_a_source_that_takes_too_long_gets_a_strike(engine: Engine, play: Play, stage: Stage) -> None:
    play(stage, StopReason.OVERDUE, None)
    row = task_row(engine, 1)
    assert row is not None
    assert (row.status, row.fail_count, row.error_class) == ("failed", 1, "timed_out")


def test_what_the_store_refuses_for_ever_waits_for_a_person_in_the_end(engine: Engine, play: Play) -> None:
    refused = Released(error_class=ErrorClass.STORE_UNAVAILABLE, error="It cannot be read.")
    # Drains are nobody's refusal: they do not count towards the limit.
    drained = Released(error_class=ErrorClass.DRAINED, error="The executor ends.")
    for _ in range(REFUSALS):
        play(Stage.DOWNLOAD, None, drained)
        play(Stage.DOWNLOAD, None, refused)
    row = task_row(engine, 1)
    assert row is not None
    assert (row.status, row.fail_count) == ("pending", 0)
    for _ in range(3):
        play(Stage.DOWNLOAD, None, refused)
    row = task_row(engine, 1)
    assert row is not None
    assert (row.status, row.fail_count, row.error_class) == ("failed", 3, "store_unavailable")
    assert row.error.startswith(f"It cannot be read. It was given back {REFUSALS} times")


def test_after_a_persons_retry_the_store_may_refuse_again_without_a_strike(engine: Engine, play: Play) -> None:
    refused = Released(error_class=ErrorClass.STORE_UNAVAILABLE, error="It cannot be read.")
    for _ in range(REFUSALS + 3):
        play(Stage.DOWNLOAD, None, refused)
    with engine.begin() as connection:
        assert retry(connection, ids=[1])
    for longest in (1, 2):
        play(Stage.DOWNLOAD, None, refused)
        row = task_row(engine, 1)
        assert row is not None
        assert (row.status, row.fail_count, row.error) == ("pending", 0, refused.error)
        # Each wait doubles, the first is short again.
        assert longest / 2 <= (row.next_attempt_at - row.updated_at).total_seconds() <= longest
