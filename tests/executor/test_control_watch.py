"""What a person changed is read at the start, at a notification, and with every notification lost all the same."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from mediaproc import log
from mediaproc.core.pause import Scope
from mediaproc.db import pauses
from mediaproc.db.control import Control, read_control
from mediaproc.db.database import Database
from mediaproc.executor import control_watch
from mediaproc.executor.control_watch import ControlWatch

PATIENCE = 30.0
_FOR_EVER = 100_000.0


class Seen:
    """A watch, and what it told."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.controls, self.told = engine, list[Control](), threading.Semaphore(0)
        self.watch = ControlWatch(
            Database(engine),
            bucket="b",
            given_up_after=1.0,
            on_control=self._note,
            share=lambda: 1.0,
            log=log.get(),
        )

    def _note(self, control: Control) -> None:
        self.controls.append(control)
        self.told.release()

    def pause(self) -> None:
        with self.engine.begin() as connection:
            pauses.pause(connection, scope=Scope(profile="gif"), until=None, because=None, actor="ann@desk")

    def read(self) -> Control:
        with self.engine.connect() as connection:
            return read_control(connection, bucket="b", given_up_after=1.0)


@pytest.fixture
def seen(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """It reads nothing by the clock."""
    monkeypatch.setattr(control_watch, "_READ_AFTER", _FOR_EVER)
    made = Seen(engine)
    yield made
    made.watch.end()


def test_what_was_paused_before_the_start_is_known_when_it_has_started(seen: Seen) -> None:
    seen.pause()
    seen.watch.start()
    assert [str(pause.scope) for pause in seen.controls[0].pauses] == ["profile gif"]


def test_it_reads_at_a_notification(seen: Seen) -> None:
    seen.watch.start()
    assert seen.told.acquire(timeout=PATIENCE)
    seen.pause()
    seen.watch.told()
    assert seen.told.acquire(timeout=PATIENCE)
    assert len(seen.controls[1].pauses) == 1


def test_it_reads_by_itself_where_every_notification_is_lost(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    seen.watch.start()
    seen.pause()
    monkeypatch.setattr(control_watch, "_READ_AFTER", 0.05)
    # It waits for the old time by now, unless what another statement found wakes it.
    seen.watch.found(seen.read())
    assert all(seen.told.acquire(timeout=PATIENCE) for _ in range(4))
    assert len(seen.controls[-1].pauses) == 1


def test_what_another_statement_has_read_needs_none_of_its_own(seen: Seen) -> None:
    seen.watch.start()
    seen.pause()
    found = seen.read()
    seen.watch.found(found)
    assert all(seen.told.acquire(timeout=PATIENCE) for _ in range(2))
    assert seen.controls[1] is found


def test_what_was_read_earlier_does_not_come_after_what_was_read_later(seen: Seen) -> None:
    earlier = seen.read()
    seen.watch.start()
    seen.pause()
    seen.watch.told()
    assert all(seen.told.acquire(timeout=PATIENCE) for _ in range(2))
    seen.watch.found(earlier)
    later = seen.read()
    # Two at once are one: until the first is passed over.
    while not seen.told.acquire(timeout=0.1):
        seen.watch.found(later)
    assert earlier not in seen.controls
