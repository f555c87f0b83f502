"""When an attempt must stop, by its lease and by its stage's deadline."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text
from structlog.testing import capture_logs

from mediaproc import clock, log
from mediaproc.core.errors import Stopped
from mediaproc.core.probe import Probe
from mediaproc.core.shard import Shard
from mediaproc.core.stage import Stage
from mediaproc.core.stop_reason import StopReason
from mediaproc.core.strike_fairness import DatabaseState, Process
from mediaproc.core.task import ClaimedTask
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import Claimant
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.executor.self_fence import trusted_until
from tests.db.task_rows import add_tasks, claim_one

LEASE = 60.0


@pytest.fixture
def running(engine: Engine) -> RunningAttempt:
    who = Claimant(executor_id=uuid4(), shard=Shard(0, 1), lease=LEASE)
    add_tasks(engine, count=1)
    task = claim_one(engine, by=who)
    until = trusted_until(clock.elapsed(), lease=LEASE)
    return RunningAttempt(task, lease_trusted_until=until, database=Database(engine), log=log.get())


def test_it_is_fenced_before_its_lease_ends_unless_it_was_renewed(running: RunningAttempt) -> None:
    now = clock.elapsed()
    assert running.reason_to_stop(now) is None
    assert running.reason_to_stop(now + LEASE - 1) is StopReason.FENCED
    running.renewed(asked_at=now + 15, trusted_until=trusted_until(now + 15, lease=LEASE))
    assert running.reason_to_stop(now + LEASE - 1) is None
    assert running.reason_to_stop(now + 15 + LEASE - 1) is StopReason.FENCED


def test_a_stage_has_a_deadline_and_the_next_one_another(running: RunningAttempt) -> None:
    running.renewed(asked_at=clock.elapsed(), trusted_until=clock.elapsed() + 10 * LEASE)
    running.enter_stage(Stage.DOWNLOAD, allowance=10)
    now = clock.elapsed()
    assert running.reason_to_stop(now) is None
    assert running.reason_to_stop(now + 11) is StopReason.OVERDUE
    running.enter_stage(Stage.PROBE, allowance=30)
    assert running.reason_to_stop(now + 11) is None


def test_settling_has_no_deadline_since_the_token_is_the_fence(running: RunningAttempt) -> None:
    running.enter_stage(Stage.UPLOAD, allowance=10)
    running.begin_settling()
    assert running.reason_to_stop(clock.elapsed() + 10 * LEASE) is None


def test_the_first_reason_stands(running: RunningAttempt) -> None:
    running.enter_stage(Stage.UPLOAD, allowance=10)
    assert running.tell_to_stop(StopReason.OVERDUE)
    assert not running.tell_to_stop(StopReason.DRAINED)
    assert (running.reason, running.stage_stopped) == (StopReason.OVERDUE, Stage.UPLOAD)
    assert running.stop.is_set()


def test_a_renewal_without_an_answer_shows_an_outage_when_the_lease_ends(running: RunningAttempt) -> None:
    end = clock.elapsed() + LEASE
    running.renewal_asked(end - 5)
    running.look(end - 0.5)
    running.look(end)
    assert running.reason_to_stop(end) is StopReason.FENCED
    assert running.look(end).database is DatabaseState.OUT_OF_REACH


@pytest.mark.parametrize(("slept", "database"), [(0.5, DatabaseState.OUT_OF_REACH), (20.0, DatabaseState.ANSWERED)])
def test_a_listener_that_a_sleeping_process_lost_shows_no_outage(
    running: RunningAttempt, slept: float, database: DatabaseState
) -> None:
    now = clock.elapsed()
    running.look(now)
    running.listener_lost(now + slept)
    assert running.look(now + slept).database is database


def test_between_two_stages_nothing_is_overdue(running: RunningAttempt) -> None:
    """To wait for memory may take as long as a neighbour's encode."""
    running.renewed(asked_at=clock.elapsed(), trusted_until=clock.elapsed() + 10 * LEASE)
    running.enter_stage(Stage.PROBE, allowance=10)
    now = clock.elapsed()
    assert running.reason_to_stop(now + 11) is StopReason.OVERDUE
    running.leave_stage()
    assert running.reason_to_stop(now + 11) is None


def test_a_renewal_ends_what_was_noticed_before_it_was_asked_for(running: RunningAttempt) -> None:
    now = clock.elapsed()
    running.look(now)
    running.look(now + 20.0)
    running.database_lost(now + 20.0)
    running.renewed(asked_at=now + 20.2, trusted_until=now + 20.2 + LEASE)
    noticed = running.look(now + 20.3)
    assert (noticed.database, noticed.process) == (DatabaseState.ANSWERED, Process.RAN)


def test_a_database_that_refuses_before_the_upload_is_no_fault_of_the_task(
    running: RunningAttempt, database_url: str
) -> None:
    stranger = database.connect(make_url(database_url).set(password="changed").render_as_string(hide_password=False))
    cut_off = RunningAttempt(
        running.task,
        lease_trusted_until=clock.elapsed(),
        database=Database(stranger),
        log=log.get(),
    )
    cut_off.stop.set()
    with pytest.raises(Stopped, match="while the database was away"):
        cut_off.announce_output(bucket="media", key="a/key")
    assert cut_off.look(clock.elapsed()).database is DatabaseState.OUT_OF_REACH
    assert cut_off.announced_key is None
    stranger.dispose()


def test_kept_facts_are_recalled_and_told(running: RunningAttempt, engine: Engine) -> None:
    def recalled(record: bytes | None, *, fits: bool) -> tuple[Probe | None, list[str]]:
        with engine.begin() as connection:
            connection.execute(text("UPDATE media_files SET probe = :record"), {"record": record})
        film = Probe(format_name="avi")
        with capture_logs() as lines:
            found = _another(running.task, database=Database(engine)).recall_probe(
                lambda kept: film if fits and kept == record else None
            )
        return found, [line["event"] for line in lines]

    assert recalled(None, fits=True) == (None, [])
    assert recalled(b"facts", fits=True) == (Probe(format_name="avi"), ["probe_recalled"])
    assert recalled(b"facts", fits=False) == (None, ["kept_probe_unfit"])


def test_a_database_that_is_away_leaves_nothing_to_recall(running: RunningAttempt) -> None:
    away = database.connect("postgresql://nobody@127.0.0.1:1/none")
    lost = _another(running.task, database=Database(away))
    assert lost.recall_probe(lambda _: Probe(format_name="avi")) is None
    away.dispose()


def _another(task: ClaimedTask, *, database: Database) -> RunningAttempt:
    return RunningAttempt(task, lease_trusted_until=clock.elapsed() + LEASE, database=database, log=log.get())
