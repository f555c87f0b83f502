"""Which tasks are due for an executor: the SELECT behind every claim, and whether anything is left to wait for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

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
    literal,
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
from mediaproc.db.schema.conditions import CLAIMABLE, CLAIMABLE_BY_KEY
from mediaproc.db.tasks.claim_order import any_position, claim_key, claim_order
from mediaproc.db.tasks.paused_tasks import not_paused
from mediaproc.db.tasks.shard_buckets import of_buckets

_task = media_process.c

_ONE = literal(1, Integer, literal_execute=True)
# So many of the first in line, of all shards, are looked at for one that another shard left for long.
_FRONT = literal(200, Integer, literal_execute=True)

# As in the index of what is processing.
_PROCESSING = literal(str(Status.PROCESSING), Text, literal_execute=True)


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


def due_tasks(*, limit: BindParameter[int], whose: ColumnElement[bool]) -> Select[int]:
    """The ids to claim, in the claim's order."""
    return _due(limit=limit, whose=and_(any_position(), whose)).order_by(*claim_order(media_process))


def overdue_task(
    *, due_for: timedelta | BindParameter[timedelta], own: ColumnElement[bool], whose: ColumnElement[bool]
) -> Select[int]:
    """The id of the first that another shard has had due for so long, if it is near the front of the line of all.

    Own tasks before it are claimed by their turn, so that it comes near the front in its turn as well; without a limit,
    a look that finds nothing would walk over all own tasks.
    """
    front = (
        select(*claim_key(media_process), own.label("is_own"))
        .where(text(CLAIMABLE), any_position(), _task.next_attempt_at <= func.now(), whose)
        .order_by(*claim_order(media_process))
        .limit(_FRONT)
        .subquery("front")
    )
    locked = media_process.alias("locked_task")
    return (
        select(locked.c.id)
        .join(front, front.c.id == locked.c.id)
        # In words of the key, as by the time that it is locked another executor may have claimed it.
        .where(not_(front.c.is_own), text(CLAIMABLE_BY_KEY), locked.c.next_attempt_at <= func.now() - due_for)
        .order_by(*claim_order(front))
        .limit(_ONE)
        .with_for_update(of=locked, skip_locked=True)
    )


def is_any_overdue(*, due_for: BindParameter[timedelta]) -> ColumnElement[bool]:
    """Whether any task at all has been due for so long: one look at an index."""
    any_task = media_process.alias("any_task").c
    longest_due = (
        select(any_task.next_attempt_at)
        .where(text(CLAIMABLE))
        .order_by(any_task.next_attempt_at, any_task.id)
        .limit(_ONE)
    )
    return longest_due.scalar_subquery() <= func.now() - due_for


def _due(*, limit: BindParameter[int], whose: ColumnElement[bool]) -> Select[int]:
    return (
        select(_task.id)
        .where(text(CLAIMABLE), _task.next_attempt_at <= func.now(), whose)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def of_shard(shard: Shard, *, only: Collection[int] | BindParameter[Sequence[int]] | None) -> ColumnElement[bool]:
    """`id % total = index`, confined to the ids of `only` where it is given.

    Of an automatic shard: whether it owns the task's bucket, which `bucket_values` may change.
    """
    confined = true() if only is None else is_among(_task.id, only)
    if shard.is_auto:
        return and_(of_buckets(shard), confined)
    # Literals in the text: as parameters, a generic plan could not use them to estimate.
    total = bindparam("shard_total", shard.total, type_=Integer, literal_execute=True)
    index = bindparam("shard_index", shard.index, type_=Integer, literal_execute=True)
    return and_(_task.id % total == index, confined)


def has_unfinished(
    connection: Connection,
    *,
    shard: Shard,
    only: Collection[int] | None,
    reach: Reach | None = None,
    unless_paused_for: UUID | None = None,
) -> bool:
    """Whether anything of the shard is processing, or pending or waiting for a backoff within reach.

    What is paused for the executor `unless_paused_for` does not count among what waits.

    Of an automatic shard: anything at all, since it is another shard when the next executor starts or ends. Tasks that
    wait for a person do not count, nor those that only another executor can work on.
    """
    leaves_paused = unless_paused_for is not None
    statement = unfinished(shard, only=only, has_reach=reach is not None, leaves_paused=leaves_paused)
    values = (reach.values if reach else {}) | ({"claimant": unless_paused_for} if leaves_paused else {})
    return bool(connection.scalar(statement, values))


def unfinished(
    shard: Shard, *, only: Collection[int] | None, has_reach: bool, leaves_paused: bool = False
) -> Select[bool]:
    """Whether there is any, each kind in a query of its own: no index would do for both. Tests hold its plan."""
    reached = and_(text(CLAIMABLE), within_reach() if has_reach else true(), not_paused() if leaves_paused else true())
    if shard.is_auto and only is None:
        # Not EXISTS, which the planner answers with a walk over the table when it takes the due ones for many.
        first = select(_task.id).where(reached).order_by(_task.next_attempt_at, _task.id).limit(_ONE)
        return select(or_(exists(select(1).where(_task.status == _PROCESSING)), first.scalar_subquery().is_not(None)))
    own = of_shard(shard, only=only)
    works = exists(select(1).where(_task.status == _PROCESSING, own))
    waits = exists(select(1).where(reached, own))
    return select(or_(works, waits))
