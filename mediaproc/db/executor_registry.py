"""The registry of executors: which of them live, for which shards, and how busy they are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Uuid,
    and_,
    any_,
    delete,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from mediaproc.core.shard import Shard
from mediaproc.db.executor_locks import is_locked
from mediaproc.db.schema import media_executor, media_process
from mediaproc.db.schema.conditions import IS_PROCESSING

_executor = media_executor.c

# The column `sandbox` of an executor whose ffmpeg runs in bubblewrap; of others it says what the lack of it means.
ISOLATED = "bubblewrap"

# Any number that nothing else uses as an advisory lock; two registrations at once wait for each other on it.
_INTRODUCTION_LOCK = 0x6D656470

# Rows of executors that were not seen for so long are of no use; attempts keep the executors' ids.
_FORGOTTEN_AFTER = timedelta(days=7)

# An executor without a heartbeat for so long does not count as living; more heartbeats than one fit in here.
_SEEN_WITHIN = timedelta(minutes=1)


_SHARD = (_executor.shard_index, _executor.shard_total, _executor.shard_is_auto)
# As many as a line of the log can name.
_MOST_OVERLAPS = 8


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What an executor records of itself at its start."""

    executor_id: UUID
    host: str
    pid: int
    shard: Shard
    slots: int
    lease: float
    weak_sandbox: str | None
    version: str
    confined: bool = False
    bucket: str | None = None
    profiles: Collection[str] | None = None
    lacking_decoders: Collection[str] = ()


def lock_registrations(connection: Connection) -> None:
    """Let only this transaction register an executor: of two that start together, the second sees the first."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _INTRODUCTION_LOCK})


def register(connection: Connection, *, registration: Registration) -> None:
    """Insert a row for this process start: a restart under the same name is another executor.

    The same registration again, after a lost answer, changes nothing.
    """
    connection.execute(
        insert(media_executor)
        .values(
            id=registration.executor_id,
            host=registration.host,
            pid=registration.pid,
            shard_index=registration.shard.index,
            shard_total=registration.shard.total,
            shard_is_auto=registration.shard.is_auto,
            slots=registration.slots,
            lease=registration.lease,
            sandbox=registration.weak_sandbox or ISOLATED,
            version=registration.version,
            confined=registration.confined,
            bucket=registration.bucket,
            profiles=None if registration.profiles is None else sorted(registration.profiles),
            lacking_decoders=sorted(registration.lacking_decoders),
            state="running",
        )
        .on_conflict_do_nothing()
    )


def record_heartbeat(
    connection: Connection,
    *,
    executor_id: UUID,
    busy: int,
    state: str,
    paused_for: str | None = None,
    shard: Shard | None = None,
) -> None:
    """Record that the executor is alive now, in `state`, with `busy` slots at work, and the numbers of its `shard`."""
    numbers = {} if shard is None else {"shard_index": shard.index, "shard_total": shard.total}
    connection.execute(
        update(media_executor)
        .where(_executor.id == executor_id)
        .values(busy=busy, state=state, paused_for=paused_for, heartbeat_at=func.now(), found_dead_at=None, **numbers)
    )


def record_deaths(connection: Connection, *, dead: Collection[UUID]) -> None:
    """Record that these were found dead, unless one shows right now that it lives; its next sign of life undoes it.

    It waits for no lock: a session that the dead one has left in the server may hold its row.
    """
    free = (
        select(_executor.id)
        .where(_executor.id == any_(literal(list(dead), ARRAY(Uuid))), _executor.found_dead_at.is_(None))
        .with_for_update(skip_locked=True)
        .cte("free_rows")
    )
    connection.execute(
        update(media_executor)
        .where(_executor.id == free.c.id, not_(is_locked(_executor.id)))
        .values(found_dead_at=func.now())
    )


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """A living executor whose shard does not fit to another one's."""

    executor_id: UUID
    host: str
    pid: int
    shard: Shard

    def __str__(self) -> str:
        return f"{self.host} (pid {self.pid}, {self.executor_id}) with shard {self.shard}"


def overlapping_executors(
    connection: Connection, *, executor_id: UUID, shard: Shard, seen_within: float
) -> list[Overlap]:
    """Living executors with the same shard, another total, or fixed numbers beside automatic ones.

    That is legal (the claim is the lock), but it costs speed, and is seldom meant. An executor that is confined to its
    own tasks or drains does not count.
    """
    fixed = and_(not_(_executor.shard_is_auto), not_(literal(shard.is_auto)))
    others = connection.execute(
        select(_executor.id, _executor.host, _executor.pid, *_SHARD)
        .where(
            _executor.id != executor_id,
            _executor.state.not_in(["stopped", "draining"]),
            not_(_executor.confined),
            _executor.found_dead_at.is_(None),
            _executor.heartbeat_at > func.now() - timedelta(seconds=seen_within),
            or_(
                _executor.shard_is_auto != shard.is_auto,
                and_(fixed, or_(_executor.shard_total != shard.total, _executor.shard_index == shard.index)),
            ),
        )
        .order_by(_executor.host, _executor.pid)
        .limit(_MOST_OVERLAPS)
    )
    return [
        Overlap(
            executor_id=row.id,
            host=row.host,
            pid=row.pid,
            shard=Shard(row.shard_index, row.shard_total, is_auto=row.shard_is_auto),
        )
        for row in others
    ]


def delete_stale_executors(connection: Connection) -> int:
    """Remove the rows of executors that were not seen for a week; returns how many."""
    return len(connection.scalars(delete(media_executor).where(is_stale()).returning(_executor.id)).all())


def count_living(*, at_most: int) -> ColumnElement[int]:
    """How many executors live; no more rows are read than `at_most`."""
    living = (
        select(literal_column("1").label("one"))
        .where(_executor.heartbeat_at > func.now() - _SEEN_WITHIN, _executor.state != "stopped")
        .limit(literal(at_most, Integer, literal_execute=True))
        .subquery("living")
    )
    return select(func.count()).select_from(living).scalar_subquery()


def is_any_living(connection: Connection) -> bool:
    """Whether any executor lives."""
    return bool(connection.scalar(select(count_living(at_most=1))))


def is_stale() -> ColumnElement[bool]:
    """Whether the executor was not seen for a week, and holds no task: `ops.working` tells whose each one is."""
    holds = exists(select(1).where(text(IS_PROCESSING), media_process.c.claimed_by == _executor.id))
    return and_(_executor.heartbeat_at < func.now() - _FORGOTTEN_AFTER, not_(holds))
