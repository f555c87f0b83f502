import pytest
from sqlalchemy import Engine, text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import release_limit
from mediaproc.core.shard import Shard
from mediaproc.db import peers
from mediaproc.db.database import Database
from mediaproc.db.executor_registry import (
    delete_stale_executors,
    overlapping_executors,
    record_heartbeat,
    register,
)
from mediaproc.db.listener import Listener
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.expired_leases import fail_claims_of_dead
from mediaproc.db.tasks.release import release_unknown
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, registration, task_row


def test_a_registration_that_is_sent_twice_is_one_row(engine: Engine) -> None:
    one = registration(shard=Shard(0, 1))
    for _ in range(2):
        with engine.begin() as connection:
            register(connection, registration=one)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM media_executor")) == 1


def test_the_same_host_and_pid_are_another_executor_at_each_start(engine: Engine) -> None:
    """As in a container, where the pid is always 1: neither row, claim nor lock of the old one is the new one's."""
    old, new = registration(shard=Shard(0, 1)), registration(shard=Shard(0, 1))
    add_tasks(engine, count=1)
    with engine.begin() as connection:
        register(connection, registration=old)
        register(connection, registration=new)
    claim_one(engine, by=Claimant(executor_id=old.executor_id, shard=old.shard, lease=old.lease))
    with Listener(Database(engine), executor_id=new.executor_id), engine.begin() as connection:
        seen = peers.sightings(connection, peers=[old.executor_id, new.executor_id])
        assert {who: each.holds_lock for who, each in seen.items()} == {old.executor_id: False, new.executor_id: True}
        assert release_unknown(connection, executor_id=new.executor_id, known=[]) == 0
        assert [lost.claimed_by for lost in fail_claims_of_dead(connection, dead=[old.executor_id])] == [
            old.executor_id
        ]


def test_the_same_shard_or_another_total_is_in_the_way_while_it_lives(engine: Engine) -> None:
    mine, same, other_total, fitting, stopped = (
        registration(shard=shard) for shard in (Shard(0, 2), Shard(0, 2), Shard(1, 3), Shard(1, 2), Shard(0, 2))
    )
    with engine.begin() as connection:
        for one in (mine, same, other_total, fitting, stopped):
            register(connection, registration=one)
        record_heartbeat(connection, executor_id=stopped.executor_id, busy=0, state="stopped")
        found = overlapping_executors(connection, executor_id=mine.executor_id, shard=mine.shard, seen_within=60)
    assert {(each.executor_id, each.shard) for each in found} == {
        (same.executor_id, same.shard),
        (other_total.executor_id, other_total.shard),
    }


def test_who_is_confined_to_its_own_tasks_is_in_nobodys_way(engine: Engine) -> None:
    mine, confined = registration(shard=Shard(0, 1)), registration(shard=Shard(0, 1), confined=True)
    with engine.begin() as connection:
        for one in (mine, confined):
            register(connection, registration=one)
        assert overlapping_executors(connection, executor_id=mine.executor_id, shard=mine.shard, seen_within=60) == []


def test_who_was_not_seen_for_a_week_is_forgotten(engine: Engine) -> None:
    gone, living = registration(shard=Shard(0, 1)), registration(shard=Shard(0, 1))
    with engine.begin() as connection:
        for one in (gone, living):
            register(connection, registration=one)
        connection.execute(
            text("UPDATE media_executor SET heartbeat_at = now() - interval '8 days' WHERE id = :id"),
            {"id": gone.executor_id},
        )
        delete_stale_executors(connection)
        left = connection.scalars(text("SELECT id FROM media_executor")).all()
    assert left == [living.executor_id]


def claimed_by_one_that(engine: Engine, *, state: str) -> Claimant:
    """A claim of an executor whose latest sign of life said so, and that nobody listens for any more."""
    gone = registration(shard=Shard(0, 1))
    by = Claimant(executor_id=gone.executor_id, shard=gone.shard, lease=gone.lease)
    with engine.begin() as connection:
        register(connection, registration=gone)
        record_heartbeat(connection, executor_id=gone.executor_id, busy=1, state=state)
    claim_one(engine, by=by)
    return by


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", ("failed", 1, "lost", "lost")),
        ("paused", ("failed", 1, "lost", "lost")),
        ("draining", ("pending", 0, None, "released")),
        ("stopped", ("pending", 0, None, "released")),
    ],
)
def test_only_who_had_not_said_that_it_drains_leaves_a_strike(
    engine: Engine, state: str, expected: tuple[str, int, str | None, str]
) -> None:
    (task_id,) = add_tasks(engine, count=1)
    gone = claimed_by_one_that(engine, state=state)
    with engine.begin() as connection:
        (lost,) = fail_claims_of_dead(connection, dead=[gone.executor_id])
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count, row.error_class, *attempt_outcomes(engine, task_id)) == expected
    assert lost.fail_count == row.fail_count
    assert claim_one(engine).attempt == 2


def test_what_is_left_by_drains_without_end_costs_a_strike(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    gone = claimed_by_one_that(engine, state="draining")
    for _ in range(release_limit(ErrorClass.DRAINED)):
        with engine.begin() as connection:
            (lost,) = fail_claims_of_dead(connection, dead=[gone.executor_id])
        assert lost.fail_count == 0
        claim_one(engine, by=gone)
    with engine.begin() as connection:
        (lost,) = fail_claims_of_dead(connection, dead=[gone.executor_id])
    assert lost.fail_count == 1
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.error_class) == ("failed", "lost")
