"""Take due tasks: the optimistic UPDATE that gives a claim token and a lease."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    Connection,
    Integer,
    Interval,
    Row,
    Select,
    Uuid,
    any_,
    bindparam,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)

from mediaproc.core.lifecycle import Status
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask
from mediaproc.db.schema import media_files, media_process, media_process_attempt
from mediaproc.db.schema.conditions import CLAIMABLE_BY_KEY
from mediaproc.db.tasks.claim_order import claim_order
from mediaproc.db.tasks.due_tasks import Reach
from mediaproc.db.tasks.looks import MOST, Look, LookShape, Whose
from mediaproc.db.tasks.shard_buckets import bucket_values

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


def claim(
    connection: Connection, *, claimant: Claimant, limit: int, looks: Sequence[Look], left_out: Collection[int] = ()
) -> list[list[ClaimedTask]]:
    """At most `limit` due tasks, now the claimant's own; for each of `looks` those that it found.

    A look is taken only as far as those before it left room: where all that was claimed is less than the limit, every
    look has found all that there was for it. None of `left_out` is claimed.

    The guard (claimable and due) stands in the SELECTs and again in the UPDATE: of two claims of one task the second
    changes no row. SKIP LOCKED only spares the second one the wait.
    """
    shard = claimant.shard
    statement = _claim_of(tuple(look.shape for look in looks), _spelled(shard), has_reach=claimant.reach is not None)
    values = {
        "claimant": claimant.executor_id,
        "lease": timedelta(seconds=claimant.lease),
        "own_index": shard.index,
        "own_total": shard.total,
        **(bucket_values(shard, limit=limit) if shard.is_auto else {}),
        "most": limit,
        "left_out": list(left_out),
        **(claimant.reach.values if claimant.reach else {}),
    }
    for look in looks:
        values |= look.values
    found: list[list[ClaimedTask]] = [[] for _ in looks]
    for row in connection.execute(statement, values):
        found[row.look].append(task_of(row))
    return found


def claim_due(
    connection: Connection,
    *,
    claimant: Claimant,
    limit: int,
    only: Collection[int] | None = None,
    after: ClaimedTask | None = None,
    left_out: Collection[int] = (),
) -> list[ClaimedTask]:
    """At most `limit` due tasks of the claimant's own shard; `only` and `after` as `Look` has them."""
    look = Look(whose=Whose.OWN, only=only, after=after)
    return claim(connection, claimant=claimant, limit=limit, looks=[look], left_out=left_out)[0]


def claim_stolen(
    connection: Connection, *, claimant: Claimant, limit: int, due_for: float, left_out: Collection[int] = ()
) -> list[ClaimedTask]:
    """At most `limit` tasks of other shards that have been due for `due_for` seconds, now the claimant's."""
    look = Look(whose=Whose.OTHERS, due_for=due_for)
    return claim(connection, claimant=claimant, limit=limit, looks=[look], left_out=left_out)[0]


def claim_overdue(
    connection: Connection, *, claimant: Claimant, due_for: float, left_out: Collection[int] = ()
) -> list[ClaimedTask]:
    """The first of the tasks that other shards have had due for `due_for` seconds, if it is near the front of all."""
    look = Look(whose=Whose.OVERDUE, due_for=due_for)
    return claim(connection, claimant=claimant, limit=1, looks=[look], left_out=left_out)[0]


# An automatic shard's numbers are parameters, so that all of them share one statement.
_ANY_AUTOMATIC = Shard(0, 2, is_auto=True)


def _spelled(shard: Shard) -> Shard:
    """The shard in whose words the statement is; one that is alone owns everything, and merges nothing."""
    if not shard.is_auto:
        return shard
    return Shard(0, 1) if shard.total == 1 else _ANY_AUTOMATIC


# SQLAlchemy takes as long to build one of these statements as PostgreSQL to run it: each is built once.
@lru_cache(maxsize=64)
def _claim_of(looks: tuple[LookShape, ...], shard: Shard, *, has_reach: bool) -> Select[Any]:
    due = _due_of(looks, shard, has_reach=has_reach)
    # So that the ids are looked up by the key, whatever the planner believes of their number and of what is due: as an
    # array, and with the guard in words that no index of what is due carries.
    chosen = func.array(select(due.c.id).scalar_subquery())
    claimed = (
        update(media_process)
        .where(_task.id == any_(chosen), text(CLAIMABLE_BY_KEY), _task.next_attempt_at <= func.now())
        .values(claimed_values())
        .returning(*media_process.c)
        .cte("claimed_tasks")
    )
    return (
        select(claimed, media_files.c.size, media_files.c.mime_type, due.c.look)
        .join(media_files, media_files.c.id == claimed.c.file_id)
        .join(due, due.c.id == claimed.c.id)
        .order_by(due.c.look, *claim_order(claimed))
        .add_cte(recorded_attempts(claimed))
    )


def claimed_values() -> dict[str, object]:
    """The columns of a task that is claimed, by the parameters `claimant` and `lease`."""
    return {
        "status": Status.PROCESSING,
        "attempt": _task.attempt + 1,
        "claim_token": func.gen_random_uuid(),
        "claimed_by": bindparam("claimant", type_=Uuid),
        "claimed_at": func.now(),
        "lease_expires_at": func.now() + bindparam("lease", type_=Interval),
        "progress": None,
        "updated_at": func.now(),
    }


def recorded_attempts(claimed: CTE) -> CTE:
    """The rows of the attempts that begin with these claims; the parameters `own_index` and `own_total` are a shard."""
    return (
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


def _due_of(looks: tuple[LookShape, ...], shard: Shard, *, has_reach: bool) -> CTE:
    """The ids that the looks find, with the number of the look.

    PostgreSQL runs a SELECT in WITH only as far as its rows are asked for, so that a look which those before it leave
    no room for is never begun. What this statement itself has locked it would not skip: so no look finds it again.
    """
    found: list[CTE] = []
    for number, look in enumerate(looks):
        earlier = or_(false(), *(_task.id == any_(func.array(select(one.c.id).scalar_subquery())) for one in found))
        ids = look.due_ids(shard, has_reach=has_reach, unless=earlier)
        found.append(ids.cte(f"{look.whose}_tasks_{number}"))
    all_of_them = union_all(
        *(
            select(one.c.id, literal(number, Integer, literal_execute=True).label("look"))
            for number, one in enumerate(found)
        )
    ).subquery("found_tasks")
    return select(all_of_them).limit(MOST).cte("due_tasks")


def task_of(row: Row[Any]) -> ClaimedTask:
    """The claimed task of a row, which has the file's `size` and `mime_type` too."""
    return ClaimedTask(
        id=row.id,
        file_id=row.file_id,
        profile=row.profile,
        filename=row.filename,
        bucket=row.bucket,
        object_key=row.object_key,
        size=row.size,
        mime_type=row.mime_type,
        position=row.position,
        attempt=row.attempt,
        fail_count=row.fail_count,
        claim_token=row.claim_token,
    )
