"""Whose turn it is: a shard that is never done leaves a slot to what has been due the longest, and keeps the others."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from mediaproc import clock, log
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import Claimant
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.claiming import Claimer
from mediaproc.executor.task_exclusions import TaskExclusions
from mediaproc.executor.task_table import TaskTable
from mediaproc.scratch import Scratch
from mediaproc.store.directory import DirectoryStore
from tests.db.task_rows import add_tasks

STEAL_AFTER, TICKS = 60.0, 40
_HOUR_AGO = text("UPDATE media_process SET next_attempt_at = now() - interval '1 hour', priority = -1 WHERE id = :id")


@pytest.fixture
def orphan(engine: Engine) -> int:
    """A task of shard 1/2, an hour overdue, before a hundred of shard 0/2."""
    ids = add_tasks(engine, count=2 * TICKS + 20)
    orphan = next(task_id for task_id in ids if task_id % 2 == 1)
    with engine.begin() as connection:
        connection.execute(_HOUR_AGO, {"id": orphan})
        connection.execute(text("DELETE FROM media_process WHERE id % 2 = 1 AND id <> :id"), {"id": orphan})
    return orphan


@pytest.fixture
def make_claimer(engine: Engine, tmp_path: Path) -> Iterator[Callable[..., Claimer]]:
    (tmp_path / "store").mkdir()
    scratch = Scratch(tmp_path / "scratch", executor_id=uuid4())

    def make(steal_after: float, left_out: TaskExclusions | None = None) -> Claimer:
        backpressure = Backpressure(store=DirectoryStore(tmp_path / "store"), scratch=scratch, log=log.get())
        claimant = Claimant(executor_id=uuid4(), shard=Shard(0, 2), lease=60.0)
        task_table = TaskTable(Database(engine), claimant=claimant)
        return Claimer(
            task_table,
            backpressure=backpressure,
            steal_after=steal_after,
            only=None,
            known=list,
            left_out=left_out or TaskExclusions(steal_after=steal_after),
            log=log.get(),
        )

    yield make
    scratch.close()


def test_a_busy_shard_leaves_a_slot_of_a_tick_to_what_is_most_overdue(
    orphan: int, make_claimer: Callable[[float], Claimer]
) -> None:
    claimer = make_claimer(STEAL_AFTER)
    first, second = (_tick(claimer, free=2), _tick(claimer, free=2))
    assert first[0] == orphan
    assert all(task_id % 2 == 0 for task_id in [*first[1:], *second])


def test_with_stealing_off_a_busy_shard_leaves_it_nothing(
    orphan: int, make_claimer: Callable[[float], Claimer]
) -> None:
    """The control: its own tasks never come to an end."""
    claimer = make_claimer(0)
    assert orphan not in [task_id for _ in range(TICKS) for task_id in _tick(claimer, free=1)]


def test_a_lone_slot_takes_turns(engine: Engine, orphan: int, make_claimer: Callable[[float], Claimer]) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now() - interval '2 minutes'"))
        connection.execute(_HOUR_AGO, {"id": orphan})
        (urgent,) = connection.scalars(
            text("UPDATE media_process SET priority = 1000 WHERE id = (SELECT max(id) FROM media_process) RETURNING id")
        )
    claimer = make_claimer(STEAL_AFTER)
    assert [_tick(claimer, free=1) for _ in range(2)] == [[orphan], [urgent]]


def test_a_slot_that_gets_free_between_two_ticks_is_as_good(
    orphan: int, make_claimer: Callable[[float], Claimer]
) -> None:
    claimer = make_claimer(STEAL_AFTER)
    claimer.begin_at_the_front()
    # The tick found every slot busy; this is a refill.
    answer = claimer.claim(limit=1)
    assert answer is not None
    assert [task.id for task in answer[0]] == [orphan]


def test_what_this_node_lacks_the_memory_for_is_left_to_others_for_a_while(
    engine: Engine, make_claimer: Callable[..., Claimer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would take it again at once: it is the one whose slot is free."""
    now = [clock.elapsed()]
    monkeypatch.setattr("mediaproc.executor.task_exclusions.clock.elapsed", lambda: now[0])
    left = _only_task(engine)
    exclusions = TaskExclusions(steal_after=STEAL_AFTER)
    claimer, another = make_claimer(STEAL_AFTER, exclusions), make_claimer(STEAL_AFTER)
    assert [task.id for task in _claimed(claimer)] == [left]
    exclusions.leave(left)
    for who, claims in ((claimer, []), (another, [left])):
        _give_back(engine)
        assert [task.id for task in _claimed(who)] == claims
    _give_back(engine)
    now[0] += STEAL_AFTER + 61
    assert [task.id for task in _claimed(claimer)] == [left]


def _only_task(engine: Engine) -> int:
    """Of shard 0/2."""
    ids = add_tasks(engine, count=2)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM media_process WHERE id % 2 = 1"))
    return next(task_id for task_id in ids if task_id % 2 == 0)


def _give_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE media_process SET status = 'pending', claim_token = NULL, claimed_by = NULL, claimed_at = NULL,"
                " lease_expires_at = NULL, next_attempt_at = now()"
            )
        )


def _claimed(claimer: Claimer) -> list[ClaimedTask]:
    claimer.begin_at_the_front()
    answer = claimer.claim(limit=1)
    assert answer is not None
    return answer[0]


def _tick(claimer: Claimer, *, free: int) -> list[int]:
    claimer.begin_at_the_front()
    answer = claimer.claim(limit=free)
    assert answer is not None
    return [task.id for task in answer[0]]
