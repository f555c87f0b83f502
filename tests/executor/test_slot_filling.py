"""Each free slot gets a task, and the next one when that has ended; none once a drain has begun."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from mediaproc import log
from mediaproc.admission import MemoryBudget
from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed
from mediaproc.core.shard import Shard
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Outcome, Report
from mediaproc.db.database import Database
from mediaproc.disk_room import DiskRoom
from mediaproc.executor import attempt_runner
from mediaproc.executor.executor import Executor
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.executor.slot_filling import SlotFiller
from mediaproc.scratch import Scratch
from mediaproc.slots import Slots
from tests.db.task_rows import add_tasks, attempt_outcomes, task_row
from tests.parts.site import Site, make_runner
from tests.parts.waiting import until


@pytest.fixture
def executor(engine: Engine, directory_site: Site, tmp_path: Path) -> Iterator[Executor]:
    """Two slots; it ticks when it is told to, and finds no source of any task in its store."""
    scratch = Scratch(tmp_path / "scratch", executor_id=uuid4())
    context = AttemptContext(
        store=directory_site.store,
        runner=make_runner(),
        scratch=scratch,
        memory=MemoryBudget(2**40),
        slots=Slots(2),
        room=DiskRoom(scratch),
    )
    config = ExecutorConfig(
        executor_id=uuid4(),
        shard=Shard(0, 1),
        slots=2,
        cpus=2,
        lease=60,
        heartbeat=15,
        steal_after=0,
        policy=task_failure(base=3600, cap=3600),
    )
    executor = Executor(Database(engine), context=context, config=config, log=log.get())
    executor.start()
    yield executor
    executor.drain(grace=60, hurry=threading.Event())
    scratch.close()


@pytest.fixture
def tasks(engine: Engine, directory_site: Site) -> list[int]:
    return add_tasks(engine, count=3, bucket=directory_site.store.bucket)


def error_classes(engine: Engine, tasks: list[int]) -> list[str | None]:
    rows = [task_row(engine, task) for task in tasks]
    return [row and row.error_class for row in rows]


def test_a_slot_that_gets_free_is_filled_again(engine: Engine, executor: Executor, tasks: list[int]) -> None:
    executor.tick()
    until(lambda: not executor.running() and None not in error_classes(engine, tasks))
    assert [attempt_outcomes(engine, task) for task in tasks] == [["failed"]] * 3


def test_a_wake_up_says_whether_anything_was_claimed(engine: Engine, executor: Executor, directory_site: Site) -> None:
    assert not executor.wake()
    add_tasks(engine, count=1, bucket=directory_site.store.bucket)
    assert executor.wake()
    until(lambda: not executor.running())


def test_a_bug_counts_against_the_task_and_ends_no_slot(
    engine: Engine, executor: Executor, tasks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(attempt_runner, "work", fail)
    assert executor.wake()
    until(lambda: not executor.running() and None not in error_classes(engine, tasks))
    assert error_classes(engine, tasks) == ["bug"] * 3


@pytest.fixture
def busy(engine: Engine, executor: Executor, directory_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both slots are taken, and no attempt asks for the next one by itself."""
    over = threading.Event()

    def encode(task: ClaimedTask, *, context: AttemptContext, observer: AttemptObserver, **_: object) -> Outcome:
        with context.slots.take(position=task.position, stop=observer.stop, on_wait=lambda: None):
            observer.enter_stage(Stage.TRANSCODE, allowance=600)
            over.wait(60)
        return Outcome(ending=Failed(error_class=ErrorClass.BUG, error="It is over."), report=Report())

    monkeypatch.setattr(attempt_runner, "work", encode)
    monkeypatch.setattr(SlotFiller, "_refill", lambda _self: None)
    add_tasks(engine, count=2, name="encoding", bucket=directory_site.store.bucket)
    assert executor.wake()
    until(lambda: [one.stage for one in executor.running()] == [Stage.TRANSCODE] * 2)
    yield
    over.set()
    until(lambda: not executor.running())


@pytest.mark.usefixtures("busy")
def test_a_task_that_has_just_become_due_is_left_to_an_idle_executor_until_the_tick(
    engine: Engine, executor: Executor, directory_site: Site
) -> None:
    (task,) = add_tasks(engine, count=1, bucket=directory_site.store.bucket)
    assert not executor.wake()
    assert attempt_outcomes(engine, task) == []
    executor.tick()
    assert attempt_outcomes(engine, task) == [None]


@pytest.mark.usefixtures("busy")
def test_a_busy_executor_does_not_claim_what_an_idle_one_has_asked_for(
    engine: Engine, executor: Executor, directory_site: Site
) -> None:
    asked_for, other = add_tasks(engine, count=2, bucket=directory_site.store.bucket)
    executor.give_back([asked_for])
    executor.tick()
    assert [attempt_outcomes(engine, task) for task in (asked_for, other)] == [[], [None]]


def test_an_idle_executor_claims_what_another_idle_one_has_asked_for(
    engine: Engine, executor: Executor, tasks: list[int]
) -> None:
    executor.give_back(tasks)
    executor.tick()
    until(lambda: not executor.running() and None not in error_classes(engine, tasks))


def test_once_a_drain_has_begun_nothing_is_claimed(engine: Engine, executor: Executor, tasks: list[int]) -> None:
    executor.drain(grace=0, hurry=threading.Event())
    executor.tick()
    assert not executor.wake()
    assert [attempt_outcomes(engine, task) for task in tasks] == [[], [], []]
