"""Whom an executor watches: the next ones that hold their locks, in the order of the ids."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text, update

from mediaproc.core.shard import Shard
from mediaproc.db import peers
from mediaproc.db.database import Database
from mediaproc.db.executor_registry import Registration, record_heartbeat, register
from mediaproc.db.listener import Heard, Listener
from mediaproc.db.schema import media_executor


@pytest.fixture
def five(engine: Engine) -> list[UUID]:
    """The ids of five registered executors, in their order."""
    ids = sorted(uuid4() for _ in range(5))
    with engine.begin() as connection:
        for one in ids:
            registration = Registration(
                executor_id=one, host="node", pid=1, shard=Shard(0, 1), slots=1, lease=60, weak_sandbox=None,
                version="1",
            )  # fmt: skip
            register(connection, registration=registration)
    return ids


@pytest.fixture
def listeners(engine: Engine, five: list[UUID]) -> Iterator[list[Listener]]:
    with ExitStack() as opened:
        yield [opened.enter_context(Listener(Database(engine), executor_id=one)) for one in five]


def successors(engine: Engine, own: UUID, *, count: int = 3) -> frozenset[UUID]:
    with engine.connect() as connection:
        return peers.ring(connection, executor_id=own, count=count).successors


def test_the_next_ones_follow_the_last_with_the_first(
    engine: Engine, five: list[UUID], listeners: list[Listener]
) -> None:
    assert len(listeners) == len(five)
    for own, expected in ((0, (1, 2, 3)), (2, (3, 4, 0)), (4, (0, 1, 2))):
        assert successors(engine, five[own]) == {five[number] for number in expected}


def test_of_a_few_each_watches_all_others(engine: Engine, five: list[UUID]) -> None:
    with ExitStack() as opened:
        for number in (0, 2, 4):
            opened.enter_context(Listener(Database(engine), executor_id=five[number]))
        assert successors(engine, five[2]) == {five[4], five[0]}


def test_who_has_no_lock_is_nobodys_successor(engine: Engine, five: list[UUID]) -> None:
    assert successors(engine, five[0]) == set()


def test_who_has_stopped_or_was_not_seen_for_long_is_not_looked_at(engine: Engine, five: list[UUID]) -> None:
    with engine.begin() as connection:
        record_heartbeat(connection, executor_id=five[0], busy=0, state="stopped")
        long_ago = text("now() - interval '1 h'")
        connection.execute(update(media_executor).where(media_executor.c.id == five[1]).values(heartbeat_at=long_ago))
        assert peers.sightings(connection, peers=five).keys() == set(five[2:])


def test_a_look_keeps_no_lock(engine: Engine, five: list[UUID]) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(2):
            seen = peers.sightings(connection, peers=five)
            assert [each.holds_lock for each in seen.values()] == [False] * len(five)
        assert not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))


def test_who_takes_its_lock_while_another_one_looks_ends_nobodys_session(engine: Engine, five: list[UUID]) -> None:
    with engine.begin() as looking:
        assert not peers.sightings(looking, peers=five[:1])[five[0]].holds_lock
        # The look's transaction is open, so that it has the lock itself.
        assert looking.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
        with Listener(Database(engine), executor_id=five[0]) as listener:
            assert not listener.has_lock
            looking.rollback()
            listener.take_lock()
            assert listener.has_lock


def test_every_listener_hears_of_a_missing_lock(five: list[UUID], listeners: list[Listener]) -> None:
    listeners[0].tell_missing([five[3], five[4]])
    for listener in listeners:
        heard = Heard()
        while len(heard.missing) < 2:
            heard = Heard(missing=heard.missing | listener.hear(seconds=60).missing)
        assert heard.missing == {five[3], five[4]}


def test_what_is_no_id_is_not_heard(engine: Engine, listeners: list[Listener]) -> None:
    with engine.begin() as connection:
        for payload in ("", "x", "9" * 300):
            connection.execute(text("SELECT pg_notify('mediaproc_lock_missing', :payload)"), {"payload": payload})
    assert listeners[0].hear(seconds=60) == Heard()


def test_the_ring_tells_how_many_live(engine: Engine, five: list[UUID], listeners: list[Listener]) -> None:
    with engine.begin() as connection:
        record_heartbeat(connection, executor_id=five[1], busy=0, state="stopped")
        connection.execute(
            update(media_executor)
            .where(media_executor.c.id == five[2])
            .values(heartbeat_at=text("now() - interval '2 minutes'"))
        )
    assert listeners[0].ring(count=3).living == 3
