"""Executors with automatic numbers come and go: all agree after a tick, nothing is done twice, nothing waits."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.admission import MemoryBudget
from mediaproc.attempt_context import AttemptContext
from mediaproc.core.backoff import task_failure
from mediaproc.core.shard import Shard
from mediaproc.db.database import Database
from mediaproc.db.executor_registry import record_deaths
from mediaproc.disk_room import DiskRoom
from mediaproc.executor import attempt_runner
from mediaproc.executor.executor import Executor
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.scratch import Scratch
from mediaproc.slots import Slots
from tests.fleet import simulated_parts
from tests.fleet.simulated_parts import SimulatedRunner, SimulatedStore
from tests.fleet.tasks import add_waiting
from tests.parts.waiting import until

SLOTS = 40
_STOPPED = threading.Event()
_STOPPED.set()


@pytest.fixture
def start(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Executor]]:
    """Starts an executor with automatic numbers, which ticks when it is told to; its attempts only wait."""
    monkeypatch.setattr(attempt_runner, "work", simulated_parts.work)
    started: list[tuple[Executor, Scratch]] = []

    def start(**changed: Any) -> Executor:  # noqa: ANN401 - as the configuration has them
        executor_id = uuid4()
        scratch = Scratch(tmp_path / "scratch", executor_id=executor_id)
        stands_in: Any = {"store": SimulatedStore(), "runner": SimulatedRunner()}
        context = AttemptContext(
            **stands_in, scratch=scratch, memory=MemoryBudget(2**40), slots=Slots(SLOTS), room=DiskRoom(scratch)
        )
        given: dict[str, Any] = {
            "shard": Shard.ALONE,
            "slots": SLOTS,
            "cpus": SLOTS,
            "lease": 60,
            "heartbeat": 15,
            "steal_after": 3600,
        }
        config = ExecutorConfig(executor_id=executor_id, policy=task_failure(base=1, cap=1), **(given | changed))
        executor = Executor(Database(engine), context=context, config=config, log=log.of_executor(executor_id))
        executor.start()
        started.append((executor, scratch))
        return executor

    yield start
    for executor, scratch in started:
        executor.drain(grace=0, hurry=_STOPPED)
        scratch.close()


def numbers(executors: Sequence[Executor]) -> list[tuple[int, int]]:
    return [(each.shard.now.index, each.shard.now.total) for each in executors]


def in_order(count: int) -> list[tuple[int, int]]:
    return [(index, count) for index in range(count)]


def tick(executors: Sequence[Executor]) -> None:
    for each in executors:
        each.tick()


def _die(engine: Engine, executor: Executor) -> None:
    """As if its process was killed, and the others had seen that its lock stayed missing."""
    with engine.begin() as connection:
        record_deaths(connection, dead=[executor._config.executor_id])  # noqa: SLF001 - it does not tell


def test_three_then_five_then_two_agree_after_a_tick_and_do_each_task_once(
    engine: Engine, start: Callable[..., Executor]
) -> None:
    done = 0

    def work_is_done_by(executors: Sequence[Executor]) -> None:
        """A tick of each leaves nothing due to wait, and every task is done by the one whose shard it is now."""
        nonlocal done
        add_waiting(engine, count=30, lengths=(0.001,), name=f"batch {done} ")
        done += 30
        tick(executors)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM media_process WHERE status <> 'processing'")) == 0
        until(lambda: _history(engine) == done and not any(each.running() for each in executors))

    executors = [start() for _ in range(3)]
    # The last one counted all at its start, the others do at their next tick.
    tick(executors)
    assert numbers(executors) == in_order(3)
    work_is_done_by(executors)
    executors += [start() for _ in range(2)]
    # Before the others' next tick they disagree.
    assert numbers(executors) == [(0, 3), (1, 3), (2, 3), (3, 4), (4, 5)]
    work_is_done_by(executors)
    assert numbers(executors) == in_order(5)
    work_is_done_by(executors)
    first, second, third, fourth, fifth = executors
    second.drain(grace=0, hurry=_STOPPED)
    fourth.drain(grace=0, hurry=_STOPPED)
    _die(engine, fifth)
    tick([first, third])
    assert numbers([first, third]) == in_order(2)
    work_is_done_by([first, third])
    with engine.connect() as connection:
        attempts = connection.execute(text("SELECT task_id, outcome FROM media_process_attempt")).all()
        told = connection.execute(text("SELECT DISTINCT shard_total FROM media_process_attempt")).scalars().all()
    assert len(attempts) == len({row.task_id for row in attempts}) == done
    assert {row.outcome for row in attempts} == {"completed"}
    assert {2, 3, 5} <= set(told)


def test_without_the_count_at_a_tick_what_the_gone_ones_owned_is_left_waiting(
    engine: Engine, start: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    first, second = start(), start()
    tick([first, second])
    second.drain(grace=0, hurry=_STOPPED)
    monkeypatch.setattr(first.shard, "tick", lambda: None)
    add_waiting(engine, count=30, lengths=(0.001,))
    first.tick()
    until(lambda: not first.running())
    assert 0 < _history(engine) < 30


def test_a_change_is_logged_and_told_by_the_executors_row(engine: Engine, start: Callable[..., Executor]) -> None:
    first = start()
    with capture_logs() as lines:
        start()
        first.tick()
    assert [(line["before"], line["shard"]) for line in lines if line["event"] == "shard_changed"] == [
        ("0/1 (auto)", "0/2 (auto)")
    ]
    told = text("SELECT array_agg(shard_index || '/' || shard_total ORDER BY started_at, id) FROM media_executor")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        until(lambda: connection.scalar(told) == ["0/2", "1/2"])


def test_an_executor_that_ends_when_all_is_done_waits_for_what_others_work_on(
    engine: Engine, start: Callable[..., Executor]
) -> None:
    """With numbers that change, nothing is anybody's for good."""
    ending, other = start(until_idle=True), start()
    add_waiting(engine, count=60, lengths=(30.0,))
    other.tick()
    assert other.running()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM media_process WHERE status = 'pending'"))
    ending.tick()
    assert not ending.running()
    assert not ending.finished.is_set()
    other.drain(grace=0, hurry=_STOPPED)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM media_process"))
    ending.tick()
    assert ending.finished.is_set()


def _history(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM media_process_history")) or 0)
