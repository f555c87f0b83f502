"""An executor listens until it ends, and holds its lock no moment longer."""

import os
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, literal, select

from mediaproc import log
from mediaproc.core.shard import Shard
from mediaproc.db.database import Database
from mediaproc.db.executor_locks import holds_lock
from mediaproc.executor import listening, peer_watch
from mediaproc.executor.current_shard import CurrentShard
from mediaproc.executor.listening import Callbacks, Listening
from mediaproc.executor.peer_watch import PeerWatch
from mediaproc.executor.wake_ups import WakeUps
from tests.parts.waiting import until

FIXED = CurrentShard(Shard(0, 1), count=lambda: Shard(0, 1), on_change=lambda: None, log=log.get())
# Seconds until the next look at other executors: longer than any test lasts.
_FOR_EVER = 100_000.0


@pytest.fixture
def executor_id() -> UUID:
    return uuid4()


@pytest.fixture
def listens(engine: Engine, executor_id: UUID, monkeypatch: pytest.MonkeyPatch) -> Listening:
    """It has its lock, and waits for the next notification."""
    monkeypatch.setattr(peer_watch, "look_every", lambda _: _FOR_EVER)
    logger = log.of_executor(executor_id)
    watch = PeerWatch(hold_off=0.0, on_dead=lambda dead: dead, log=logger)
    found = Listening(
        Database(engine),
        executor_id=executor_id,
        shard=FIXED,
        wake_ups=WakeUps(shard=FIXED, on_due=lambda: False),
        peer_watch=watch,
        callbacks=Callbacks(on_lock_lost=lambda: None, on_wanted=lambda _: None),
        log=logger,
    )
    found.start()
    # From its first look on it goes to that wait, whatever it is told before.
    until(lambda: watch.look_every == _FOR_EVER)
    assert _holds_lock(engine, executor_id)
    return found


def _holds_lock(engine: Engine, executor_id: UUID) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(select(holds_lock(literal(str(executor_id))))))


def test_an_end_does_not_wait_for_the_next_look(
    engine: Engine, executor_id: UUID, listens: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_END_PATIENCE", 60.0)
    listens.end()
    until(lambda: not _holds_lock(engine, executor_id))


def test_an_end_that_is_not_told_would_wait(engine: Engine, executor_id: UUID, listens: Listening) -> None:
    """The control of the test above."""
    told, listens._closing = listens._closing, os.dup(listens._closing)  # noqa: SLF001
    listens.end()
    assert _holds_lock(engine, executor_id)
    os.close(told)
    until(lambda: not _holds_lock(engine, executor_id))
