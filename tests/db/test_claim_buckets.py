"""What an executor with automatic numbers claims: the tasks of its buckets, in the claim's order, each exactly once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.shard import Shard
from mediaproc.db.schema import media_process
from mediaproc.db.tasks.claim import claim_due, claim_stolen
from mediaproc.db.tasks.due_tasks import has_unfinished
from tests.db.task_rows import add_tasks, claimant

_LOCKED = text("SELECT id FROM media_process WHERE id = :id FOR UPDATE")


def automatic(index: int, total: int) -> Shard:
    return Shard(index, total, is_auto=True)


@pytest.mark.parametrize("total", [1, 3, 128, 200])
def test_the_shards_of_a_total_claim_every_task_once_each_its_own(engine: Engine, total: int) -> None:
    ids = add_tasks(engine, count=150) + add_tasks(engine, count=3, name="urgent", priority=5)
    claimed: list[int] = []
    for index in range(total):
        shard = automatic(index, total)
        with engine.begin() as connection:
            taken = [task.id for task in claim_due(connection, claimant=claimant(shard=shard), limit=200)]
        assert all(map(shard.owns, taken))
        # The urgent ones have the highest ids.
        assert taken == sorted(taken, key=lambda task_id: (task_id not in ids[150:], task_id))
        claimed += taken
    assert sorted(claimed) == ids


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_it_takes_the_first_ones_in_the_order_of_all_buckets(engine: Engine, limit: int) -> None:
    """One bucket may hold all of them."""
    ids = add_tasks(engine, count=260)
    urgent = [task_id for task_id in ids if task_id % 128 == 3 or task_id in {ids[10], ids[71]}]
    with engine.begin() as connection:
        connection.execute(media_process.update().where(media_process.c.id.in_(urgent)).values(position=-9))
        connection.execute(media_process.update().where(media_process.c.id == urgent[1]).values(position=-10))
        shard = automatic(1, 2)
        expected = [task_id for task_id in [urgent[1], urgent[0], *urgent[2:]] if shard.owns(task_id)]
        expected += [task_id for task_id in ids if shard.owns(task_id) and task_id not in urgent]
        taken = claim_due(connection, claimant=claimant(shard=shard), limit=limit)
    assert [task.id for task in taken] == expected[:limit]


def test_a_refill_goes_on_behind_the_latest_task_in_every_bucket(engine: Engine) -> None:
    ids = add_tasks(engine, count=200)
    own = [task_id for task_id in ids if automatic(0, 3).owns(task_id)]
    by = claimant(shard=automatic(0, 3))
    with engine.begin() as connection:
        first = claim_due(connection, claimant=by, limit=4)
        connection.execute(text("UPDATE media_process SET status = 'pending', claim_token = NULL, claimed_by = NULL,"
                                " claimed_at = NULL, lease_expires_at = NULL"))  # fmt: skip
        second = claim_due(connection, claimant=by, limit=4, after=first[-1])
    assert [task.id for task in chain(first, second)] == own[:8]


def test_what_another_session_has_locked_is_passed_over(engine: Engine) -> None:
    """Also where the executor owns a single bucket."""
    ids = add_tasks(engine, count=300)
    shard = automatic(5, 128)
    first, *others = [task_id for task_id in ids if shard.owns(task_id)]
    with engine.begin() as other, engine.begin() as connection:
        other.execute(_LOCKED, {"id": first})
        assert [task.id for task in claim_due(connection, claimant=claimant(shard=shard), limit=1)] == others[:1]


def test_nothing_is_claimed_twice_while_executors_disagree_about_the_numbers(engine: Engine) -> None:
    """As after a start or a death, until the next tick of each; and nothing is left when all have claimed."""
    ids = add_tasks(engine, count=400)
    beliefs = [automatic(0, 2), automatic(1, 2), automatic(0, 3), automatic(1, 3), automatic(2, 3), Shard(0, 1)]
    together = threading.Barrier(len(beliefs))

    def take(shard: Shard) -> list[int]:
        by, taken = claimant(shard=shard), list[int]()
        together.wait()
        while True:
            with engine.begin() as connection:
                claimed = claim_due(connection, claimant=by, limit=3)
            if not claimed:
                return taken
            taken += [task.id for task in claimed]

    with ThreadPoolExecutor(len(beliefs)) as threads:
        taken = list(chain.from_iterable(threads.map(take, beliefs)))
    assert sorted(taken) == ids


def test_another_shards_task_is_stolen_once_it_has_been_due_for_long(engine: Engine) -> None:
    ids = add_tasks(engine, count=20)
    shard = automatic(0, 3)
    with engine.begin() as connection:
        assert claim_stolen(connection, claimant=claimant(shard=shard), limit=99, due_for=60) == []
        connection.execute(text("UPDATE media_process SET next_attempt_at = now() - interval '2 minutes'"))
        stolen = claim_stolen(connection, claimant=claimant(shard=shard), limit=99, due_for=60)
    assert [task.id for task in stolen] == [task_id for task_id in ids if not shard.owns(task_id)]


def test_an_attempt_tells_the_numbers_of_its_claim(engine: Engine) -> None:
    add_tasks(engine, count=10)
    with engine.begin() as connection:
        claim_due(connection, claimant=claimant(shard=automatic(1, 3)), limit=1)
        told = connection.execute(text("SELECT shard_index, shard_total FROM media_process_attempt")).one()
    assert tuple(told) == (1, 3)


def test_work_is_left_as_long_as_any_shard_has_some(engine: Engine) -> None:
    """Numbers change, so that an executor that ends when all is done waits for all."""
    (task_id,) = add_tasks(engine, count=1)
    other = next(automatic(index, 2) for index in range(2) if not automatic(index, 2).owns(task_id))
    with engine.begin() as connection:
        assert has_unfinished(connection, shard=other, only=None)
        claim_due(connection, claimant=claimant(), limit=1)
        assert has_unfinished(connection, shard=other, only=None)
        connection.execute(text("DELETE FROM media_process"))
        assert not has_unfinished(connection, shard=other, only=None)
