"""Which tasks are due for an executor: the SELECT behind every claim, and whether anything is left to wait for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.core.lifecycle import Status
from mediaproc.core.shard import Shard
from mediaproc.db.ids import is_among
from mediaproc.db.schema import media_process
from mediaproc.db.schema.conditions import CLAIMABLE
from mediaproc.db.tasks.claim_order import claim_order

_task = media_process.c


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What an executor can work on: tasks whose source is in its store's bucket, for profiles that it knows.

    Tasks that are known to need a decoder which its ffmpeg lacks are out of its reach.
    """

    bucket: str
    profiles: frozenset[str]
    lacking_decoders: frozenset[str] = frozenset()

    @property
    def values(self) -> dict[str, object]:
        """For the parameters of `within_reach`."""
        return {
            "own_bucket": self.bucket,
            "known_profiles": sorted(self.profiles),
            "lacking_decoders": sorted(self.lacking_decoders),
        }


def within_reach() -> ColumnElement[bool]:
    """Whether an executor can work on the task; a claim of any other task would only cost a strike."""
    known = bindparam("known_profiles", type_=ARRAY(Text))
    lacking = bindparam("lacking_decoders", type_=ARRAY(Text))
    return and_(
        _task.bucket == bindparam("own_bucket", type_=Text),
        _task.profile == any_(known),
        or_(_task.needs_decoders.is_(None), not_(_task.needs_decoders.op("&&", is_comparison=True)(lacking))),
    )


def due_tasks(*, limit: int | BindParameter[int], whose: ColumnElement[bool]) -> Select[int]:
    """The ids to claim, in the claim's order; tests hold the plan of this statement."""
    return _due(limit=limit, whose=whose).order_by(*claim_order(media_process))


def overdue_tasks(*, due_for: timedelta | BindParameter[timedelta], whose: ColumnElement[bool]) -> Select[int]:
    """The id that has been due the longest, in the order of an index of its own."""
    overdue = and_(whose, _task.next_attempt_at <= func.now() - due_for)
    return _due(limit=1, whose=overdue).order_by(_task.next_attempt_at, _task.id)


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


def has_unfinished(
    connection: Connection, *, shard: Shard, only: Collection[int] | None, reach: Reach | None = None
) -> bool:
    """Whether anything of the shard is processing, or pending or waiting for a backoff within reach.

    Tasks that wait for a person do not count, nor those that only another executor can work on.
    """
    claimable = and_(text(CLAIMABLE), within_reach() if reach else true())
    unfinished = select(1).where(or_(_task.status == Status.PROCESSING, claimable), of_shard(shard, only=only))
    return bool(connection.scalar(select(exists(unfinished)), reach.values if reach else {}))
