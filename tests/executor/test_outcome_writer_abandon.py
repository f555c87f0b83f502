"""What an attempt that lost its claim leaves behind: no object that history does not name, and no unfair strike."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from mediaproc import clock, log
from mediaproc.core.backoff import task_failure
from mediaproc.core.stage import Stage
from mediaproc.core.stop_reason import StopReason
from mediaproc.core.task import Outcome, Report
from mediaproc.db.database import Database
from mediaproc.db.tasks.expired_leases import fail_expired_leases
from mediaproc.db.tasks.settle import settle_completed
from mediaproc.executor.outcome_writer import OutcomeWriter
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.store.interface import Store
from tests.db.task_rows import add_tasks, claim_one, claimant, rendition, task_row
from tests.parts.proxy import PostgresProxy, proxied
from tests.parts.site import Site

KEY = "renditions/output.mp4"


@dataclass(frozen=True)
class Loser:
    """An attempt whose task has been given to nobody yet, and the writer that finds its claim lost."""

    engine: Engine
    proxy: PostgresProxy
    store: Store
    running: RunningAttempt
    writer: OutcomeWriter

    def upload(self, folder: Path) -> None:
        """Announce an output and put it."""
        self.running.announce_output(bucket=self.store.bucket, key=KEY)
        (output := folder / "output").write_bytes(b"output")
        sha256 = hashlib.sha256(b"output").hexdigest()
        self.store.put(KEY, output, sha256=sha256, content_type="video/mp4", stop=threading.Event())

    def lose(self) -> None:
        """The lease runs out, and compensation gives the task back with a strike."""
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 h'"))
            assert len(fail_expired_leases(connection, hold_off=0)) == 1
        self.running.tell_to_stop(StopReason.CLAIM_LOST)

    def settle(self) -> list[str]:
        """The events that are logged meanwhile."""
        with capture_logs() as lines:
            assert self.writer.settle(self.running, outcome=Outcome(ending=None, report=Report())) is None
        return [line["event"] for line in lines if line["event"] != "stage_started"]

    def strikes(self) -> int:
        row = task_row(self.engine, self.running.task.id)
        assert row is not None
        strikes: int = row.fail_count
        return strikes


@pytest.fixture
def loser(engine: Engine, database_url: str, directory_site: Site) -> Iterator[Loser]:
    add_tasks(engine, count=1)
    who = claimant()
    with proxied(database_url) as (proxy, behind):
        database = Database.at(behind)
        running = RunningAttempt(
            claim_one(engine, by=who), lease_trusted_until=clock.elapsed() + 60, database=database, log=log.get()
        )
        running.enter_stage(Stage.TRANSCODE, allowance=60)
        writer = OutcomeWriter(
            database=database,
            store=directory_site.store,
            policy=task_failure(base=1, cap=1),
            give_up=threading.Event(),
        )
        yield Loser(engine=engine, proxy=proxy, store=directory_site.store, running=running, writer=writer)
        database.close()


def test_the_output_of_a_lost_claim_is_deleted(loser: Loser, tmp_path: Path) -> None:
    loser.upload(tmp_path)
    loser.lose()
    assert loser.settle() == ["claim_lost"]
    assert loser.store.stat(KEY) is None
    assert loser.writer.tally == {"claim_lost": 1}


def test_an_output_that_history_names_is_kept(loser: Loser, tmp_path: Path) -> None:
    """The claim was not lost: the answer to its settling was, and the executor believes otherwise."""
    loser.upload(tmp_path)
    task = loser.running.task
    with loser.writer.database.write() as connection:
        assert settle_completed(
            connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=Report()
        )
    loser.running.tell_to_stop(StopReason.CLAIM_LOST)
    assert loser.settle() == ["claim_lost"]
    assert loser.store.stat(KEY) is not None


def test_an_output_that_cannot_be_deleted_is_left_to_the_sweep(loser: Loser, tmp_path: Path) -> None:
    loser.upload(tmp_path)
    loser.lose()
    (root := Path(loser.store.bucket)).rename(root.with_name("unmounted"))
    assert loser.settle() == ["claim_lost", "output_left_to_the_sweep"]


def awake(_running: RunningAttempt) -> None:
    """The database answered all the time."""


def cut_off(running: RunningAttempt) -> None:
    """The database was out of reach."""
    running.database_lost(clock.elapsed())


def asleep(running: RunningAttempt) -> None:
    """The database was out of reach of a process that stood still."""
    running.look(clock.elapsed() + 20)
    running.database_lost(clock.elapsed())


@pytest.mark.parametrize(
    ("seen", "strikes", "events"),
    [
        (awake, 1, ["claim_lost"]),
        (asleep, 1, ["claim_lost"]),
        (cut_off, 0, ["claim_lost", "strike_taken_back"]),
    ],
)
def test_a_strike_is_taken_back_only_after_an_outage(
    loser: Loser, seen: Callable[[RunningAttempt], None], strikes: int, events: list[str]
) -> None:
    loser.lose()
    seen(loser.running)
    assert (loser.settle(), loser.strikes()) == (events, strikes)


def test_a_strike_that_nobody_gave_is_not_taken_back(loser: Loser) -> None:
    loser.running.tell_to_stop(StopReason.CLAIM_LOST)
    cut_off(loser.running)
    assert (loser.settle(), loser.strikes()) == (["claim_lost"], 0)


def test_a_strike_that_the_end_of_a_drain_leaves_is_logged(loser: Loser) -> None:
    loser.lose()
    cut_off(loser.running)
    loser.proxy.refuse()
    loser.writer.give_up.set()
    assert loser.settle() == ["claim_lost", "settle_waits", "strike_not_taken_back"]
    assert (loser.strikes(), loser.writer.tally) == (1, {"claim_lost": 1})


def test_a_strike_is_taken_back_when_the_database_answers_again(loser: Loser) -> None:
    loser.lose()
    cut_off(loser.running)
    loser.proxy.refuse()
    settling = threading.Thread(target=loser.settle)
    settling.start()
    loser.proxy.heal()
    settling.join(timeout=60)
    assert (settling.is_alive(), loser.strikes()) == (False, 0)
