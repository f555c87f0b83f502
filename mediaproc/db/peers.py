"""The executors that another one watches: its successors in a ring of all, and what one look says of them.

Each statement costs the same however many executors there are.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.core.failure_detector import Sighting
from mediaproc.db.executor_locks import is_locked
from mediaproc.db.notifications import notify_lock_missing
from mediaproc.db.schema import media_executor

_executor = media_executor.c

_SEEN_LATELY = timedelta(minutes=10)
_OWN: BindParameter[UUID] = bindparam("own", type_=Uuid)
_COUNT: BindParameter[int] = bindparam("count", type_=Integer)
_IDS = bindparam("ids", type_=ARRAY(Uuid))


def successors(connection: Connection, *, executor_id: UUID, count: int) -> frozenset[UUID]:
    """The next `count` executors that hold their locks, in the order of the ids, the first after the last."""
    return frozenset(connection.scalars(_successors(), {"own": executor_id, "count": count}))


def sightings(connection: Connection, *, peers: Collection[UUID]) -> dict[UUID, Sighting]:
    """Each of the peers that has not stopped and was seen lately: whether it holds its lock, its last heartbeat."""
    rows = connection.execute(_sightings(), {"ids": list(peers)})
    return {row.id: Sighting(holds_lock=row.is_locked, heartbeat=row.heartbeat_at) for row in rows}


def tell_missing(connection: Connection, *, executors: Collection[UUID]) -> None:
    """Tell all executors that these have lost their locks."""
    for executor_id in executors:
        connection.execute(_tell(), {"missing": executor_id})


# SQLAlchemy takes longer to build one of these statements than PostgreSQL to run it: each is built once.


@lru_cache(maxsize=1)
def _successors() -> Select[Any]:
    ahead = _holding(_executor.id > _OWN).subquery("ahead")
    behind = _holding(_executor.id < _OWN).subquery("behind")
    both = union_all(select(ahead.c.id), select(behind.c.id)).subquery("candidates")
    return select(both.c.id).order_by(both.c.id < _OWN, both.c.id).limit(_COUNT)


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
def _tell() -> Select[Any]:
    return select(notify_lock_missing(bindparam("missing", type_=Uuid)))
