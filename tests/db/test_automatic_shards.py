"""The executors that live, in the order of their start, are 0 to N-1 of N, and each comes to the same numbers."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.shard import Shard
from mediaproc.db import peers
from mediaproc.db.automatic_shards import count_shard
from mediaproc.db.database import Database
from mediaproc.db.executor_registry import record_deaths, record_heartbeat, register
from mediaproc.db.listener import Listener
from tests.db.task_rows import registration


def started(engine: Engine, *, count: int) -> list[UUID]:
    """Executors with automatic numbers, in the order of their start."""
    return [_start(engine, shard=Shard.ALONE) for _ in range(count)]


def _start(engine: Engine, *, shard: Shard, confined: bool = False) -> UUID:
    one = registration(shard=shard, confined=confined)
    with engine.begin() as connection:
        register(connection, registration=one)
    return one.executor_id


def counted(engine: Engine, executors: list[UUID]) -> list[tuple[int, int]]:
    with engine.begin() as connection:
        shards = [count_shard(connection, executor_id=each) for each in executors]
    return [(shard.index, shard.total) for shard in shards]


def _say(connection: Connection, executor_id: UUID, *, state: str) -> None:
    record_heartbeat(connection, executor_id=executor_id, busy=0, state=state)


def test_they_are_numbered_in_the_order_of_their_start(engine: Engine) -> None:
    executors = started(engine, count=4)
    assert counted(engine, executors) == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_of_two_that_started_at_the_same_moment_the_id_decides(engine: Engine) -> None:
    executors = started(engine, count=3)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_executor SET started_at = now()"))
    assert counted(engine, sorted(executors)) == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize(
    "gone",
    [
        "state = 'draining'",
        "state = 'stopped'",
        "confined = true",
        "shard_is_auto = false",
        "found_dead_at = now()",
        "heartbeat_at = now() - interval '61 seconds'",
    ],
)
def test_who_takes_no_part_is_not_counted(engine: Engine, gone: str) -> None:
    first, leaving, last = started(engine, count=3)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE media_executor SET {gone} WHERE id = :id"), {"id": leaving})  # noqa: S608 - words of our own
    assert counted(engine, [first, last]) == [(0, 2), (1, 2)]


@pytest.mark.parametrize("still", ["state = 'paused'", "heartbeat_at = now() - interval '59 seconds'"])
def test_who_is_paused_or_slow_is_counted(engine: Engine, still: str) -> None:
    executors = started(engine, count=3)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE media_executor SET {still} WHERE id = :id"), {"id": executors[1]})  # noqa: S608 - words of our own
    assert counted(engine, executors) == [(0, 3), (1, 3), (2, 3)]


def test_fixed_numbers_are_nobodys_business(engine: Engine) -> None:
    _start(engine, shard=Shard(0, 2))
    executors = started(engine, count=2)
    _start(engine, shard=Shard(1, 2))
    assert counted(engine, executors) == [(0, 2), (1, 2)]


def test_who_was_found_dead_and_lives_after_all_is_counted_again(engine: Engine) -> None:
    """Such as one that was stopped and continued, or lost its connections for long."""
    first, second = started(engine, count=2)
    with engine.begin() as connection:
        record_deaths(connection, dead=[first])
    assert counted(engine, [second]) == [(0, 1)]
    # It counts itself at once, as all others will when it has given a sign of life.
    assert counted(engine, [first]) == [(0, 2)]
    with engine.begin() as connection:
        _say(connection, first, state="running")
    assert counted(engine, [first, second]) == [(0, 2), (1, 2)]


def test_who_holds_its_lock_is_not_recorded_as_dead(engine: Engine) -> None:
    first, second = started(engine, count=2)
    with Listener(Database(engine), executor_id=first), engine.begin() as connection:
        record_deaths(connection, dead=[first])
    assert counted(engine, [first, second]) == [(0, 2), (1, 2)]


def test_a_row_that_a_dead_ones_session_has_locked_keeps_nobody_waiting(engine: Engine) -> None:
    first, second = started(engine, count=2)
    with engine.begin() as left, engine.begin() as connection:
        _say(left, first, state="running")
        record_deaths(connection, dead=[first, second])
    assert counted(engine, [first]) == [(0, 1)]


def test_a_look_at_the_others_counts_as_well(engine: Engine) -> None:
    first, second, third = started(engine, count=3)
    with engine.begin() as connection:
        seen, shard = peers.sightings_and_shard(connection, peers=[first, third], executor_id=second)
        assert (set(seen), shard) == ({first, third}, Shard(1, 3, is_auto=True))
        _say(connection, first, state="stopped")
        assert peers.sightings_and_shard(connection, peers=[first], executor_id=second) == ({}, None)
