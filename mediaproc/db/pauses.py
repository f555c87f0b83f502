"""The table of pauses: one row for each scope that is paused, which ends by the database's clock or by a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, String, cast, delete, func, literal, not_, select
from sqlalchemy.dialects.postgresql import insert

from mediaproc.core.pause import Scope
from mediaproc.db.control import is_in_force
from mediaproc.db.notifications import notify_control
from mediaproc.db.schema import media_executor, media_pause

_pause = media_pause.c
_executor = media_executor.c


@dataclass(frozen=True, kw_only=True)
class PauseLine:
    """A pause in force, for people; `until` None: until a person resumes it."""

    scope: str
    until: datetime | None
    because: str | None
    actor: str
    created_at: datetime


def pauses_in_force(connection: Connection) -> list[PauseLine]:
    """All, the oldest first."""
    columns = (_pause.scope, _pause.until, _pause.because, _pause.actor, _pause.created_at)
    found = connection.execute(select(*columns).where(is_in_force()).order_by(_pause.created_at, _pause.id))
    return [PauseLine(**row) for row in found.mappings()]


def pause(
    connection: Connection, *, scope: Scope, until: datetime | timedelta | None, because: str | None, actor: str
) -> datetime | None:
    """Pause the scope until that time, or for so long, and tell the executors; what paused it before is replaced.

    Returns when it ends.
    """
    ends = func.now() + until if isinstance(until, timedelta) else until
    made = insert(media_pause).values(until=ends, because=because, actor=actor, **_columns(scope))
    again = {"until": made.excluded.until, "because": made.excluded.because, "actor": made.excluded.actor}
    paused = made.on_conflict_do_update(index_elements=[_pause.scope], set_=again | {"created_at": func.now()})
    ended_by: datetime | None = connection.execute(paused.returning(_pause.until, notify_control())).one().until
    return ended_by


def resume(connection: Connection, *, scope: Scope) -> bool:
    """Lift the pause of exactly this scope and tell the executors; returns whether there was one in force."""
    lifted = delete(media_pause).where(_pause.scope == str(scope), is_in_force()).returning(notify_control())
    return connection.execute(lifted).first() is not None


def delete_ended(connection: Connection) -> None:
    """Remove the rows of pauses that have ended."""
    connection.execute(delete(media_pause).where(not_(is_in_force())))


def is_past(connection: Connection, *, moment: datetime) -> bool:
    """Whether the moment is over by the database's clock."""
    return bool(connection.scalar(select(literal(moment) <= func.now())))


def executors_named(connection: Connection, *, prefix: str) -> list[UUID]:
    """The executors that did not stop whose id begins so; two at most, which is one too many."""
    found = select(_executor.id).where(_begins(_executor.id, prefix=prefix), _executor.state != "stopped").limit(2)
    return list(connection.scalars(found))


def paused_executors_named(connection: Connection, *, prefix: str) -> list[UUID]:
    """The paused executors whose id begins so; two at most."""
    found = select(_pause.executor_id).where(_begins(_pause.executor_id, prefix=prefix), is_in_force()).limit(2)
    return [each for each in connection.scalars(found) if each is not None]


def profiles_of_executors(connection: Connection) -> set[str]:
    """The profiles that executors know which were seen lately."""
    return set(connection.scalars(select(func.unnest(_executor.profiles)).distinct()))


def paused_profiles(connection: Connection) -> set[str]:
    """The profiles that are paused by themselves."""
    paused = select(_pause.profile).where(_pause.profile.is_not(None), is_in_force())
    return {str(profile) for profile in connection.scalars(paused)}


def _begins(executor_id: ColumnElement[Any], *, prefix: str) -> ColumnElement[bool]:
    return func.starts_with(cast(executor_id, String), prefix)


def _columns(scope: Scope) -> Mapping[str, Any]:
    return {
        "scope": str(scope),
        "profile": scope.profile,
        "shard_index": None if scope.shard is None else scope.shard.index,
        "shard_total": None if scope.shard is None else scope.shard.total,
        "executor_id": scope.executor_id,
    }
