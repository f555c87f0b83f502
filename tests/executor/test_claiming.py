"""Which tasks an executor claims, in which order, and what becomes of a claim whose answer was lost."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from mediaproc import clock, log
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask
from mediaproc.db.database import Database
from mediaproc.db.engine import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from mediaproc.db.tasks.claim import Claimant
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.claiming import Claimer
from mediaproc.executor.self_fence import trusted_until
from mediaproc.executor.task_exclusions import TaskExclusions
from mediaproc.scratch import Scratch
from mediaproc.store.directory import DirectoryStore
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, claimant, task_row
from tests.parts.proxy import proxied

LEASE, STEAL_AFTER, TICKS = 60.0, 60.0, 40
_HOUR_AGO = text("UPDATE media_process SET next_attempt_at = now() - interval '1 hour', position = 1 WHERE id = :id")


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

    def make(
        steal_after: float,
        left_out: TaskExclusions | None = None,
        *,
        claimant: Claimant | None = None,
        database: Database | None = None,
        known: Callable[[], Collection[UUID]] = list,
    ) -> Claimer:
        claimant = claimant or Claimant(executor_id=uuid4(), shard=Shard(0, 2), lease=LEASE)
        return Claimer(
            database or Database(engine),
            claimant=lambda: claimant,
            backpressure=Backpressure(store=DirectoryStore(tmp_path / "store"), scratch=scratch, log=log.get()),
            steal_after=steal_after,
            only=None,
            known=known,
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
            text("UPDATE media_process SET position = -1 WHERE id = (SELECT max(id) FROM media_process) RETURNING id")
        )
    claimer = make_claimer(STEAL_AFTER)
    assert [_tick(claimer, free=1) for _ in range(2)] == [[orphan], [urgent]]


def test_an_old_backlog_has_no_more_than_its_place_in_line(
    engine: Engine, make_claimer: Callable[[float], Claimer]
) -> None:
    """Nor has that of another shard: who came late and stands before it is claimed before it."""
    late = add_tasks(engine, count=20)[-2:]
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now() - interval '5 hours', position = id"))
        connection.execute(
            text(
                "UPDATE media_process SET next_attempt_at = now() - interval '2 minutes', position = -1"
                " WHERE id = ANY (:ids)"
            ),
            {"ids": late},
        )
    assert set(_tick(make_claimer(STEAL_AFTER), free=2)) == set(late)


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


def test_no_more_is_claimed_than_slots_are_free(engine: Engine, make_claimer: Callable[..., Claimer]) -> None:
    ids = add_tasks(engine, count=3)
    claimer = make_claimer(0, claimant=claimant())
    assert [_tick(claimer, free=2), _tick(claimer, free=2), _tick(claimer, free=2)] == [ids[:2], ids[2:], []]


def test_a_refill_goes_on_behind_the_latest_claim_and_a_tick_begins_at_the_front(
    engine: Engine, make_claimer: Callable[..., Claimer]
) -> None:
    first, second, third = add_tasks(engine, count=3)
    claimer = make_claimer(0, claimant=claimant())
    assert _tick(claimer, free=1) == [first]
    (urgent,) = add_tasks(engine, count=1, name="urgent", priority=1000)
    assert _refill(claimer) == [second]
    assert _tick(claimer, free=1) == [urgent]
    assert _refill(claimer) == [third]


def test_a_refill_that_finds_nothing_behind_begins_at_the_front(
    engine: Engine, make_claimer: Callable[..., Claimer]
) -> None:
    (last,) = add_tasks(engine, count=1)
    claimer = make_claimer(0, claimant=claimant())
    assert _tick(claimer, free=1) == [last]
    (urgent,) = add_tasks(engine, count=1, name="urgent", priority=1000)
    assert _refill(claimer) == [urgent]


def test_a_lease_is_trusted_from_before_it_was_asked_for(engine: Engine, make_claimer: Callable[..., Claimer]) -> None:
    add_tasks(engine, count=1)
    before = clock.elapsed()
    answer = make_claimer(0, claimant=claimant()).claim(limit=1)
    assert answer is not None
    assert trusted_until(before, lease=LEASE) <= answer[1] <= trusted_until(clock.elapsed(), lease=LEASE)


def test_a_claim_whose_answer_was_lost_is_given_back_before_the_next_one(
    engine: Engine, database_url: str, make_claimer: Callable[..., Claimer], pass_time: Callable[[float], None]
) -> None:
    (task_id,) = add_tasks(engine, count=1)
    with proxied(database_url) as (proxy, behind), capture_logs() as lines:
        database = Database.at(behind)
        claimer = make_claimer(0, claimant=claimant(), database=database)
        cut = proxy.cut_commit("due_tasks")
        assert claimer.claim(limit=1) is None
        assert cut.wait_for(1)
        # The database has a circuit breaker like any part.
        assert claimer.claim(limit=1) is None
        pass_time(1.1)
        assert _refill(claimer) == [task_id]
        database.close()
    assert [line["tasks"] for line in lines if line["event"] == "unheard_claims_released"] == [1]
    assert attempt_outcomes(engine, task_id) == ["released", None]
    row = task_row(engine, task_id)
    assert row is not None
    assert row.fail_count == 0


def test_a_claim_that_is_worked_on_is_never_taken_for_unheard(
    engine: Engine, make_claimer: Callable[..., Claimer]
) -> None:
    running, disowned = add_tasks(engine, count=2)
    who, known = claimant(), list[UUID]()
    claimer = make_claimer(0, claimant=who, known=lambda: known)
    answer = claimer.claim(limit=2)
    assert answer is not None
    known.append(answer[0][0].claim_token)
    claimer.disown([answer[0][1].claim_token])
    claimer.release_unheard()
    assert [_status(engine, task_id) for task_id in (running, disowned)] == ["processing", "pending"]


def test_a_claim_that_is_committed_after_the_first_answer_is_given_back_too(
    engine: Engine, make_claimer: Callable[..., Claimer], pass_time: Callable[[float], None]
) -> None:
    """A statement whose connection was given up may wait in the server as long as its timeouts let it."""
    (task_id,) = add_tasks(engine, count=1)
    who = claimant()
    claimer = make_claimer(0, claimant=who)
    claimer.disown([])
    claimer.release_unheard()
    for passed, status in ((STATEMENT_TIMEOUT, "pending"), (LOCK_TIMEOUT, "pending"), (0, "processing")):
        claim_one(engine, by=who)
        pass_time(passed)
        claimer.release_unheard()
        assert _status(engine, task_id) == status


def _status(engine: Engine, task_id: int) -> str:
    row = task_row(engine, task_id)
    assert row is not None
    status: str = row.status
    return status


def _refill(claimer: Claimer) -> list[int]:
    """The next claim of one slot, with no tick before it."""
    answer = claimer.claim(limit=1)
    assert answer is not None
    return [task.id for task in answer[0]]


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
