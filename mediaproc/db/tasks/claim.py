"""Take due tasks: the optimistic UPDATE that gives a claim token and a lease."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Interval,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    text,
    true,
    update,
)

from mediaproc.core.errors import ErrorClass
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask
from mediaproc.db.ids import IDS, is_among
from mediaproc.db.listener import notify_due
from mediaproc.db.schema import CLAIMABLE, media_files, media_process, media_process_attempt
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """Who claims, for which shard, and for how many seconds a claim is good without a renewal."""

    executor_id: UUID
    shard: Shard
    lease: float


def claim_due(
    connection: Connection,
    *,
    claimant: Claimant,
    limit: int,
    only: Collection[int] | None = None,
    after: ClaimedTask | None = None,
) -> list[ClaimedTask]:
    """At most `limit` due tasks of the claimant's own shard, now its own, by priority and then by age.

    The guard (claimable and due) stands in the SELECT and again in the UPDATE: whoever comes second changes no row.
    SKIP LOCKED only spares the second one the wait. `only` confines the claim to these task ids.

    `after` asks only for what follows that task within its priority. While another session holds an old snapshot, the
    index keeps an entry for every task that was ever claimed, and to walk over all of them for each claim would make
    a refill 6 to 81 times slower.
    """
    statement = _own_tasks(claimant.shard, is_confined=only is not None, goes_on=after is not None)
    given: dict[str, object] = {} if only is None else {"only": list(only)}
    if after is not None:
        given |= {"after_priority": after.priority, "after_id": after.id}
    return _claim(connection, statement, claimant=claimant, limit=limit, given=given)


def claim_stolen(connection: Connection, *, claimant: Claimant, limit: int, due_for: float) -> list[ClaimedTask]:
    """At most `limit` tasks of other shards that have been due for `due_for` seconds, now the claimant's."""
    statement = _others_tasks(claimant.shard)
    return _claim(connection, statement, claimant=claimant, limit=limit, given={"due_for": timedelta(seconds=due_for)})


def claim_overdue(connection: Connection, *, claimant: Claimant, due_for: float) -> list[ClaimedTask]:
    """The task that has been due the longest, if for `due_for` seconds, of whatever shard and priority."""
    given = {"due_for": timedelta(seconds=due_for)}
    return _claim(connection, _overdue_tasks(), claimant=claimant, limit=1, given=given)


def due_tasks(*, limit: int | BindParameter[int], whose: ColumnElement[bool]) -> Select[int]:
    """The ids to claim, in the order of the index that carries this; EXPLAIN tests ask for it as it is."""
    return _due(limit=limit, whose=whose).order_by(_task.priority.desc(), _task.id)


def overdue_tasks(*, due_for: timedelta | BindParameter[timedelta]) -> Select[int]:
    """The id that `claim_overdue` takes, in the order of an index of its own."""
    due_since = func.now() - due_for
    return _due(limit=1, whose=_task.next_attempt_at <= due_since).order_by(_task.next_attempt_at, _task.id)


def _due(*, limit: int | BindParameter[int], whose: ColumnElement[bool]) -> Select[int]:
    return (
        select(_task.id)
        .where(text(CLAIMABLE), _task.next_attempt_at <= func.now(), whose)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def of_shard(shard: Shard, *, only: Collection[int] | BindParameter[Sequence[int]] | None) -> ColumnElement[bool]:
    """`id % total = index`, confined to the ids of `only` where it is given."""
    # Literals in the text: as parameters, a generic plan could not use them to estimate.
    total = bindparam("shard_total", shard.total, type_=Integer, literal_execute=True)
    index = bindparam("shard_index", shard.index, type_=Integer, literal_execute=True)
    confined = true() if only is None else is_among(_task.id, only)
    return and_(_task.id % total == index, confined)


# To put a statement together takes as long as PostgreSQL takes for it: each is made once.


@lru_cache(maxsize=64)
def _own_tasks(shard: Shard, *, is_confined: bool, goes_on: bool) -> Select[Any]:
    whose = of_shard(shard, only=bindparam("only", type_=IDS) if is_confined else None)
    if goes_on:
        whose = and_(
            whose,
            _task.priority == bindparam("after_priority", type_=Integer),
            _task.id > bindparam("after_id", type_=BigInteger),
        )
    return _claim_of(due_tasks(limit=bindparam("most", type_=Integer), whose=whose))


@lru_cache(maxsize=64)
def _others_tasks(shard: Shard) -> Select[Any]:
    due_since = func.now() - bindparam("due_for", type_=Interval)
    whose = and_(not_(of_shard(shard, only=None)), _task.next_attempt_at <= due_since)
    return _claim_of(due_tasks(limit=bindparam("most", type_=Integer), whose=whose))


@lru_cache(maxsize=1)
def _overdue_tasks() -> Select[Any]:
    return _claim_of(overdue_tasks(due_for=bindparam("due_for", type_=Interval)))


def _claim_of(ids: Select[int]) -> Select[Any]:
    due = ids.cte("due_tasks")
    claimed = (
        update(media_process)
        .where(_task.id == due.c.id, text(CLAIMABLE), _task.next_attempt_at <= func.now())
        .values(
            status="processing",
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
        .order_by(claimed.c.priority.desc(), claimed.c.id)
        .add_cte(recorded)
    )


def _claim(
    connection: Connection,
    statement: Select[Any],
    *,
    claimant: Claimant,
    limit: int,
    given: Mapping[str, object],
) -> list[ClaimedTask]:
    own = {
        "claimant": claimant.executor_id,
        "lease": timedelta(seconds=claimant.lease),
        "own_index": claimant.shard.index,
        "own_total": claimant.shard.total,
        "most": limit,
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


def release_unknown(connection: Connection, *, executor_id: UUID, known: Collection[UUID]) -> int:
    """Release this executor's claims with tokens that it does not know; returns how many there were.

    Such a claim was committed while its answer got lost, or could not be begun: nobody works on it, and nobody is to
    blame.
    """
    return _release(
        connection,
        whose=and_(_task.claimed_by == executor_id, _task.claim_token.not_in(known)),
        error_class=ErrorClass.DATABASE_UNAVAILABLE,
        error="Nobody began to work on the claim: its answer was lost, or no thread could be started.",
    )


def release_all(connection: Connection) -> int:
    """Release every claim there is, for whoever knows that no executor lives; returns how many there were."""
    return _release(
        connection, whose=true(), error_class=ErrorClass.DRAINED, error="Every executor of this machine had ended."
    )


def _release(connection: Connection, *, whose: ColumnElement[bool], error_class: ErrorClass, error: str) -> int:
    held = select(_task.id, _task.claim_token).where(_task.status == "processing", whose).cte("held_claims")
    released = (
        update(media_process)
        .where(_task.id == held.c.id, _task.claim_token == held.c.claim_token)
        .values(**UNCLAIMED, status="pending", next_attempt_at=func.now())
        .returning(_task.id, held.c.claim_token)
        .cte("released_tasks")
    )
    finished = (
        update(media_process_attempt)
        .where(media_process_attempt.c.claim_token == released.c.claim_token)
        .values(outcome="released", finished_at=func.now(), error_class=str(error_class), error=error)
        .cte("finished_attempts")
    )
    return len(connection.execute(select(released.c.id, notify_due(released.c.id)).add_cte(finished)).all())


def has_unfinished(connection: Connection, *, shard: Shard, only: Collection[int] | None) -> bool:
    """Whether anything of the shard is pending, processing or waiting for a backoff; what waits for a person is not."""
    return bool(
        connection.scalar(
            select(
                exists(select(1).where(or_(_task.status == "processing", text(CLAIMABLE)), of_shard(shard, only=only)))
            )
        )
    )
