"""The executors that another one watches: its successors in a ring of all, and what one look says of them.

Each statement costs the same however many executors there are.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.core.failure_detector import Sighting
from mediaproc.core.shard import Shard
from mediaproc.db.automatic_shards import OWN, numbers
from mediaproc.db.executor_locks import is_locked
from mediaproc.db.executor_registry import count_living
from mediaproc.db.notifications import notify_lock_missing
from mediaproc.db.schema import media_executor

_executor = media_executor.c

_SEEN_LATELY = timedelta(minutes=10)
# Looks become no less often in a fleet that is larger still.
_MOST_COUNTED = 1000
_COUNT: BindParameter[int] = bindparam("count", type_=Integer)
_IDS = bindparam("ids", type_=ARRAY(Uuid))


@dataclass(frozen=True, kw_only=True)
class Ring:
    """What an executor is to know of all others: whom it watches, and how many live, up to the first thousand."""

    successors: frozenset[UUID]
    living: int


def ring(connection: Connection, *, executor_id: UUID, count: int) -> Ring:
    """The next `count` executors that hold their locks, in the order of the ids, the first after the last."""
    rows = connection.execute(_ring(), {"own": executor_id, "count": count}).all()
    # Nobody but this one, where no row tells.
    living: int = max((row.living for row in rows), default=1)
    return Ring(successors=frozenset(row.id for row in rows), living=living)


def sightings(connection: Connection, *, peers: Collection[UUID]) -> dict[UUID, Sighting]:
    """Each of the peers that has not stopped and was seen lately: whether it holds its lock, its last heartbeat."""
    return _seen(connection.execute(_sightings(), {"ids": list(peers)}))


def sightings_and_shard(
    connection: Connection, *, peers: Collection[UUID], executor_id: UUID
) -> tuple[dict[UUID, Sighting], Shard | None]:
    """The same, and the automatic numbers of this executor now; None where none of the peers is about."""
    rows = connection.execute(_sightings_and_numbers(), {"ids": list(peers), "own": executor_id}).all()
    shards = (Shard(row.shard_index, row.shard_total, is_auto=True) for row in rows)
    return _seen(rows), next(shards, None)


def _seen(rows: Iterable[Row[Any]]) -> dict[UUID, Sighting]:
    return {row.id: Sighting(holds_lock=row.is_locked, heartbeat=row.heartbeat_at) for row in rows}


def tell_missing(connection: Connection, *, executors: Collection[UUID]) -> None:
    """Tell all executors that these have lost their locks."""
    for executor_id in executors:
        connection.execute(_tell(), {"missing": executor_id})


# SQLAlchemy takes longer to build one of these statements than PostgreSQL to run it: each is built once.


@lru_cache(maxsize=1)
def _ring() -> Select[Any]:
    ahead = _holding(_executor.id > OWN).subquery("ahead")
    behind = _holding(_executor.id < OWN).subquery("behind")
    both = union_all(select(ahead.c.id), select(behind.c.id)).subquery("candidates")
    return (
        select(both.c.id, count_living(at_most=_MOST_COUNTED).label("living"))
        .order_by(both.c.id < OWN, both.c.id)
        .limit(_COUNT)
    )


def _holding(where: ColumnElement[bool]) -> Select[Any]:
    return select(_executor.id).where(where, _is_about(), is_locked(_executor.id)).order_by(_executor.id).limit(_COUNT)


def _is_about() -> ColumnElement[bool]:
    return and_(_executor.state != "stopped", _executor.heartbeat_at > func.now() - _SEEN_LATELY)


@lru_cache(maxsize=1)
def _sightings() -> Select[Any]:
    return select(_executor.id, _executor.heartbeat_at, is_locked(_executor.id).label("is_locked")).where(
        _executor.id == any_(_IDS), _is_about()
    )


@lru_cache(maxsize=1)
def _sightings_and_numbers() -> Select[Any]:
    own = numbers()
    return _sightings().add_columns(own.c.shard_index, own.c.shard_total).join_from(media_executor, own, true())


@lru_cache(maxsize=1)
def _tell() -> Select[Any]:
    return select(notify_lock_missing(bindparam("missing", type_=Uuid)))
