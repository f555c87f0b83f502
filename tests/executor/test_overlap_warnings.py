"""An executor warns of others that are in its way for more than a moment, once for each, and names them."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.core.shard import Shard
from mediaproc.db.database import Database
from mediaproc.db.executor_registry import record_heartbeat, register
from mediaproc.executor import overlap_warnings
from mediaproc.executor.current_shard import CurrentShard
from mediaproc.executor.overlap_warnings import OverlapWarnings
from tests.db.task_rows import registration


class _Clock:
    now = 100.0

    def elapsed(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    stepped = _Clock()
    monkeypatch.setattr(overlap_warnings, "clock", stepped)
    return stepped


def _warnings(engine: Engine, shard: Shard) -> OverlapWarnings:
    current = CurrentShard(shard, count=lambda: shard, on_change=lambda: None, log=log.get())
    return OverlapWarnings(database=Database(engine), executor_id=uuid4(), shard=current, lease=60, log=log.get())


def _start(engine: Engine, shard: Shard) -> UUID:
    one = registration(shard=shard)
    with engine.begin() as connection:
        register(connection, registration=one)
    return one.executor_id


def _told(warnings: OverlapWarnings, clock: _Clock, *, looks: int) -> list[str]:
    """What `others` said in each warning of so many looks, a minute apart."""
    with capture_logs() as lines:
        for _ in range(looks):
            warnings.tick()
            clock.now += 60
    assert {line["event"] for line in lines} <= {"shards_overlap"}
    assert all("--shard auto" in line["remedy"] for line in lines)
    return [line["others"] for line in lines]


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        (Shard(0, 2), Shard(0, 2)),
        (Shard(0, 2), Shard(0, 3)),
        (Shard(0, 2), Shard.ALONE),
        (Shard.ALONE, Shard(0, 1)),
    ],
)
def test_who_is_seen_at_two_looks_is_told_once_by_host_pid_and_id(
    engine: Engine, clock: _Clock, mine: Shard, other: Shard
) -> None:
    executor_id = _start(engine, other)
    warnings = _warnings(engine, mine)
    assert _told(warnings, clock, looks=1) == []
    assert _told(warnings, clock, looks=3) == [f"node (pid 1, {executor_id}) with shard {other}"]


@pytest.mark.parametrize(("mine", "other"), [(Shard(0, 2), Shard(1, 2)), (Shard.ALONE, Shard.ALONE)])
def test_who_fits_is_not(engine: Engine, clock: _Clock, mine: Shard, other: Shard) -> None:
    _start(engine, other)
    assert _told(_warnings(engine, mine), clock, looks=3) == []


def test_the_overlap_of_a_restart_is_not(engine: Engine, clock: _Clock) -> None:
    old = _start(engine, Shard(0, 2))
    warnings = _warnings(engine, Shard(0, 2))
    assert _told(warnings, clock, looks=1) == []
    with engine.begin() as connection:
        record_heartbeat(connection, executor_id=old, busy=0, state="draining")
    assert _told(warnings, clock, looks=3) == []


def test_it_looks_seldom_but_again_soon_where_it_has_found_something(engine: Engine, clock: _Clock) -> None:
    warnings = _warnings(engine, Shard(0, 2))
    warnings.tick()
    executor_id = _start(engine, Shard(0, 2))
    with capture_logs() as lines:
        clock.now += 59
        warnings.tick()
        clock.now += 1
        warnings.tick()
        assert not lines
        clock.now += 3
        warnings.tick()
    assert [str(executor_id) in line["others"] for line in lines] == [True]
