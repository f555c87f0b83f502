"""Take due tasks: the optimistic UPDATE that gives a claim token and a lease."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Interval,
    Select,
    Uuid,
    and_,
    bindparam,
    func,
    insert,
    not_,
    select,
    text,
    true,
    update,
)

from mediaproc.core.lifecycle import Status
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask
from mediaproc.db.ids import IDS, is_among
from mediaproc.db.schema import media_files, media_process, media_process_attempt
from mediaproc.db.schema.conditions import CLAIMABLE
from mediaproc.db.tasks.claim_order import after_values, claim_order, is_after
from mediaproc.db.tasks.due_tasks import Reach, due_tasks, of_shard, overdue_tasks, within_reach

_task = media_process.c


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """The executor that claims, its shard, and for how many seconds a claim is good without a renewal.

    `reach` is what the executor can work on; None: everything.
    """

    executor_id: UUID
    shard: Shard
    lease: float
    reach: Reach | None = None


def claim_due(
    connection: Connection,
    *,
    claimant: Claimant,
    limit: int,
    only: Collection[int] | None = None,
    after: ClaimedTask | None = None,
    left_out: Collection[int] = (),
) -> list[ClaimedTask]:
    """At most `limit` due tasks of the claimant's own shard, now its own, by priority and then by age.

    The guard (claimable and due) stands in the SELECT and again in the UPDATE: of two claims of one task the second
    changes no row. SKIP LOCKED only spares the second one the wait. `only` confines the claim to these task ids, and
    none of `left_out` is claimed.

    With `after`, only tasks that follow that one within its priority are claimed. This is for speed: while another
    session holds an old snapshot, the index keeps an entry for every task that was ever claimed, and a claim that walks
    over all of them takes 6 to 81 times as long.
    """
    statement = _own_tasks(
        claimant.shard, is_confined=only is not None, goes_on=after is not None, has_reach=claimant.reach is not None
    )
    given: dict[str, object] = {} if only is None else {"only": list(only)}
    if after is not None:
        given |= after_values(after)
    return _claim(connection, statement, claimant=claimant, limit=limit, left_out=left_out, given=given)


def claim_stolen(
    connection: Connection, *, claimant: Claimant, limit: int, due_for: float, left_out: Collection[int] = ()
) -> list[ClaimedTask]:
    """At most `limit` tasks of other shards that have been due for `due_for` seconds, now the claimant's."""
    statement = _others_tasks(claimant.shard, has_reach=claimant.reach is not None)
    given = {"due_for": timedelta(seconds=due_for)}
    return _claim(connection, statement, claimant=claimant, limit=limit, left_out=left_out, given=given)


def claim_overdue(
    connection: Connection, *, claimant: Claimant, due_for: float, left_out: Collection[int] = ()
) -> list[ClaimedTask]:
    """The task that has been due the longest, if for `due_for` seconds, of whatever shard and priority."""
    statement = _overdue_tasks(has_reach=claimant.reach is not None)
    given = {"due_for": timedelta(seconds=due_for)}
    return _claim(connection, statement, claimant=claimant, limit=1, left_out=left_out, given=given)


# SQLAlchemy takes as long to build one of these statements as PostgreSQL to run it: each is built once.


@lru_cache(maxsize=64)
def _own_tasks(shard: Shard, *, is_confined: bool, goes_on: bool, has_reach: bool) -> Select[Any]:
    own = of_shard(shard, only=bindparam("only", type_=IDS) if is_confined else None)
    whose = and_(own, _reached(has_reach=has_reach))
    if goes_on:
        whose = and_(whose, is_after(media_process))
    return _claim_of(due_tasks(limit=bindparam("most", type_=Integer), whose=whose))


@lru_cache(maxsize=64)
def _others_tasks(shard: Shard, *, has_reach: bool) -> Select[Any]:
    due_since = func.now() - bindparam("due_for", type_=Interval)
    others = not_(of_shard(shard, only=None))
    whose = and_(others, _task.next_attempt_at <= due_since, _reached(has_reach=has_reach))
    return _claim_of(due_tasks(limit=bindparam("most", type_=Integer), whose=whose))


@lru_cache(maxsize=2)
def _overdue_tasks(*, has_reach: bool) -> Select[Any]:
    whose = _reached(has_reach=has_reach)
    return _claim_of(overdue_tasks(due_for=bindparam("due_for", type_=Interval), whose=whose))


def _reached(*, has_reach: bool) -> ColumnElement[bool]:
    is_left_out = is_among(_task.id, bindparam("left_out", type_=IDS))
    return and_(not_(is_left_out), within_reach() if has_reach else true())


def _claim_of(ids: Select[int]) -> Select[Any]:
    due = ids.cte("due_tasks")
    claimed = (
        update(media_process)
        .where(_task.id == due.c.id, text(CLAIMABLE), _task.next_attempt_at <= func.now())
        .values(
            status=Status.PROCESSING,
            attempt=_task.attempt + 1,
            claim_token=func.gen_random_uuid(),
            claimed_by=bindparam("claimant", type_=Uuid),
            claimed_at=func.now(),
            lease_expires_at=func.now() + bindparam("lease", type_=Interval),
            progress=None,
            updated_at=func.now(),
        )
        .returning(*media_process.c)
        .cte("claimed_tasks")
    )
    recorded = (
        insert(media_process_attempt)
        .from_select(
            ["claim_token", "task_id", "attempt", "executor_id", "shard_index", "shard_total"],
            select(
                claimed.c.claim_token,
                claimed.c.id,
                claimed.c.attempt,
                claimed.c.claimed_by,
                bindparam("own_index", type_=Integer),
                bindparam("own_total", type_=Integer),
            ),
        )
        .cte("recorded_attempts")
    )
    return (
        select(claimed, media_files.c.size)
        .join(media_files, media_files.c.id == claimed.c.file_id)
        .order_by(*claim_order(claimed))
        .add_cte(recorded)
    )


def _claim(
    connection: Connection,
    statement: Select[Any],
    *,
    claimant: Claimant,
    limit: int,
    left_out: Collection[int],
    given: Mapping[str, object],
) -> list[ClaimedTask]:
    own = {
        "claimant": claimant.executor_id,
        "lease": timedelta(seconds=claimant.lease),
        "own_index": claimant.shard.index,
        "own_total": claimant.shard.total,
        "most": limit,
        "left_out": list(left_out),
        **(claimant.reach.values if claimant.reach else {}),
    }
    return [
        ClaimedTask(
            id=row.id,
            file_id=row.file_id,
            profile=row.profile,
            filename=row.filename,
            bucket=row.bucket,
            object_key=row.object_key,
            size=row.size,
            priority=row.priority,
            attempt=row.attempt,
            fail_count=row.fail_count,
            claim_token=row.claim_token,
        )
        for row in connection.execute(statement, {**own, **given})
    ]
