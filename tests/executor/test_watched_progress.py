"""Progress is written every two seconds while somebody watches, from the renewal on that tells of it."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event

from mediaproc import clock, log
from mediaproc.db import watched_claims
from mediaproc.db.database import Database
from mediaproc.executor import watched_progress
from mediaproc.executor.heartbeat import Heartbeat
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.executor.watched_progress import WatchedProgress
from tests.db.task_rows import add_tasks, claim_one, claimant, task_row

WHO = claimant(lease=60.0)
PATIENCE = 30.0


class Watched:
    """Two attempts, the heartbeat that renews them, and what writes their progress."""

    def __init__(self, engine: Engine) -> None:
        self.engine, database = engine, Database(engine)
        add_tasks(engine, count=2)
        self.running = [
            RunningAttempt(
                claim_one(engine, by=WHO), lease_trusted_until=clock.elapsed() + 60, database=database, log=log.get()
            )
            for _ in range(2)
        ]
        self.progress = WatchedProgress(database, running=lambda: self.running, log=log.get())
        self.heartbeat = Heartbeat(
            database,
            lease=WHO.lease,
            interval=15.0,
            running=lambda: self.running,
            sign_of_life=lambda: None,
            on_watched=self.progress.watched,
            log=log.get(),
        )

    def watch(self, *attempts: int) -> None:
        with self.engine.begin() as connection:
            watched_claims.watch(connection, task_ids=[self.running[each].task.id for each in attempts])

    def written(self) -> list[float | None]:
        rows = [task_row(self.engine, one.task.id) for one in self.running]
        return [row.progress for row in rows if row is not None]


@pytest.fixture
def watched(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(watched_progress, "WRITE_EVERY", 0.01)
    made = Watched(engine)
    yield made
    made.progress.end()


def test_the_progress_of_a_watched_attempt_is_written_between_two_heartbeats(watched: Watched) -> None:
    watched.watch(0)
    watched.heartbeat.beat()
    for one in watched.running:
        one.progress = 0.25
    written = threading.Event()

    def saw_update(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("WITH unlocked_claims"):
            written.set()

    event.listen(watched.engine, "after_cursor_execute", saw_update)
    watched.progress.start()
    assert written.wait(PATIENCE)
    assert watched.written() == [0.25, None]


def test_nothing_is_asked_of_the_database_while_nobody_watches_or_nothing_has_changed(watched: Watched) -> None:
    watched.watch(0)
    watched.heartbeat.beat()
    watched.running[0].progress = 0.25
    watched.progress.write()
    assert watched.written() == [0.25, None]
    asked = list[str]()
    event.listen(watched.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    watched.progress.write()
    watched.progress.watched(frozenset())
    watched.running[0].progress = 0.5
    watched.progress.write()
    assert asked == []


def test_what_a_heartbeat_has_written_since_is_not_taken_for_written(watched: Watched) -> None:
    watched.watch(0, 1)
    watched.heartbeat.beat()
    for progress in (0.25, 0.5):
        for one in watched.running:
            one.progress = progress
        watched.progress.write()
        assert watched.written() == [progress, progress]


def test_an_attempt_that_settles_is_left_alone(watched: Watched) -> None:
    watched.watch(0)
    watched.heartbeat.beat()
    watched.running[0].progress = 0.75
    watched.running[0].begin_settling()
    watched.progress.write()
    assert watched.written() == [None, None]


def test_a_database_that_is_away_costs_only_the_progress(watched: Watched) -> None:
    away = WatchedProgress(
        Database.at("postgresql://nobody@127.0.0.1:1/none"), running=lambda: watched.running, log=log.get()
    )
    away.watched([watched.running[0].task.claim_token])
    watched.running[0].progress = 0.25
    away.write()
    assert watched.written() == [None, None]
