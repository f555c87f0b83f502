"""Automatic shard numbers: the executors that live, in the order of their start, are 0 to N-1 of N.

Each counts them by itself, from the same rows and by the database's clock: so all come to the same numbers without a
leader. While a change is under way they may disagree for a moment, which costs speed alone: the claim is the lock.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    Subquery,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    not_,
    select,
    text,
    tuple_,
    update,
)

from mediaproc.core.shard import Shard
from mediaproc.db.schema import media_executor
from mediaproc.db.schema.executors import AUTOMATIC

_executor = media_executor.c

OWN: BindParameter[UUID] = bindparam("own", type_=Uuid)


def count_shard(connection: Connection, *, executor_id: UUID) -> Shard:
    """The numbers of this executor now."""
    row = connection.execute(_count(), {"own": executor_id}).one()
    return Shard(row.shard_index, row.shard_total, is_auto=True)


def record_shard(connection: Connection, *, executor_id: UUID, shard: Shard) -> None:
    """Write the numbers that the executor has now into its row."""
    connection.execute(
        update(media_executor)
        .where(_executor.id == executor_id)
        .values(shard_index=shard.index, shard_total=shard.total)
    )


def numbers() -> Subquery:
    """One row, `shard_index` and `shard_total` of the executor OWN.

    It counts itself, whatever its row says: one that was stopped for a while lives again before its next sign of life.
    The others count while they may claim, were seen within their lease, and nobody has found them dead.
    """
    own_row = media_executor.alias("own_row")
    own_start = select(own_row.c.started_at).where(own_row.c.id == OWN).scalar_subquery()
    is_earlier = tuple_(_executor.started_at, _executor.id) < tuple_(own_start, OWN)
    seen_within = _executor.lease * literal_column("interval '1 second'")
    lives = and_(
        text(AUTOMATIC),
        not_(_executor.confined),
        _executor.found_dead_at.is_(None),
        _executor.heartbeat_at > func.now() - seen_within,
    )
    return (
        select(
            func.count().filter(is_earlier).label("shard_index"),
            (func.count() + literal_column("1")).label("shard_total"),
        )
        .where(lives, _executor.id != OWN)
        .subquery("shard_numbers")
    )


# SQLAlchemy takes longer to build it than PostgreSQL to run it.
@lru_cache(maxsize=1)
def _count() -> Select[Any]:
    return select(numbers())
