"""What a person changed of the site while it runs, pauses and schedules, in columns that ride in another statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Interval,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from mediaproc.core.pause import Pause, Scope
from mediaproc.core.schedule import Schedule, ScheduleName, pause_sentence
from mediaproc.core.shard import Shard
from mediaproc.db import delivery_claims, executor_registry, files
from mediaproc.db.schema import (
    media_executor,
    media_files,
    media_pause,
    media_process_attempt,
    media_schedule,
    media_webhook,
)
from mediaproc.db.tasks import sweep

_pause = media_pause.c
_schedule = media_schedule.c


@dataclass(frozen=True, kw_only=True)
class Control:
    """The pauses in force and the schedules by name, at `now` (seconds since 1970 by the database's clock)."""

    now: float
    pauses: tuple[Pause, ...] = ()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    # Whether there is work for a schedule, where that is known.
    work: Mapping[str, bool] = field(default_factory=dict)

    def may_have_work(self, name: str) -> bool:
        """Whether a run of the schedule may find anything to do."""
        return self.work.get(name, True)

    def is_paused(self, name: str) -> bool:
        """Whether a person has paused the schedule."""
        schedule = self.schedules.get(name)
        return schedule is not None and schedule.is_paused

    @property
    def sentences(self) -> tuple[str, ...]:
        """One for each pause in force, of claims and of schedules, with the command that lifts it."""
        paused = [pause_sentence(schedule) for schedule in self.schedules.values() if schedule.is_paused]
        return (*(pause.with_remedy for pause in self.pauses), *sorted(paused))

    def has_run_within(self, name: str, *, seconds: float) -> bool:
        """Whether the latest run of the schedule that is noted began so lately."""
        schedule = self.schedules.get(name)
        return (
            schedule is not None
            and schedule.last_started_at is not None
            and self.now - schedule.last_started_at <= seconds
        )


def read_pauses(connection: Connection) -> tuple[Pause, ...]:
    """The pauses in force."""
    return tuple(map(_pause_of, connection.execute(select(_as_list(_of_pause(), of=is_in_force()))).scalar_one()))


def read_control(connection: Connection, *, bucket: str, given_up_after: float) -> Control:
    """All of it, in a statement of its own; the values as of `work_values`."""
    return control_of(connection.execute(_statement(), work_values(bucket, given_up_after)).one())


@lru_cache(maxsize=1)
def _statement() -> Select[Any]:
    return select(*control_columns())


def control_columns() -> tuple[ColumnElement[Any], ...]:
    """The columns of which `control_of` makes the value, for a statement that gives one row."""
    return (
        _epoch(func.now()).label("control_now"),
        _as_list(_of_pause(), of=is_in_force()).label("control_pauses"),
        _as_list(_of_schedule(), of=None).label("control_schedules"),
        type_coerce(func.jsonb_build_object(*chain.from_iterable(_work().items())), JSONB).label("control_work"),
    )


def _work() -> Mapping[str, ColumnElement[bool]]:
    """By schedule, whether there is work for it: each no more than a look at an index."""
    bucket = bindparam("own_bucket", type_=Text)
    uploads = files.is_unfinished(bucket=bucket, older_than=bindparam("given_up_after", type_=Interval))
    return {
        str(ScheduleName.SWEEP): or_(
            exists(select(1).select_from(media_process_attempt).where(sweep.is_left_by_a_loser(bucket=bucket))),
            exists(select(1).select_from(media_files).where(uploads)),
            exists(select(1).select_from(media_executor).where(executor_registry.is_stale())),
            exists(select(1).select_from(media_pause).where(not_(is_in_force()))),
        ),
        str(ScheduleName.DELIVERIES): exists(select(1).select_from(media_webhook).where(delivery_claims.has_due())),
    }


def work_values(bucket: str, given_up_after: float) -> dict[str, object]:
    """For the parameters of `control_columns`: the executor's bucket, and after how long an upload is given up (s)."""
    return {"own_bucket": bucket, "given_up_after": timedelta(seconds=given_up_after)}


def read_schedule(connection: Connection, *, name: str) -> tuple[float, Schedule] | None:
    """The database's clock, and the schedule if it has a row."""
    found = connection.execute(
        select(_epoch(func.now()).label("now"), type_coerce(_of_schedule(), JSONB).label("schedule")).where(
            _schedule.name == name
        )
    ).first()
    return None if found is None else (found.now, Schedule(**found.schedule))


def control_of(row: Row[Any]) -> Control:
    """The value of a row that has `control_columns`."""
    return Control(
        now=row.control_now,
        pauses=tuple(map(_pause_of, row.control_pauses)),
        schedules={each["name"]: Schedule(**each) for each in row.control_schedules},
        work=row.control_work,
    )


def is_in_force() -> ColumnElement[bool]:
    """Whether a pause has not ended; by the database's clock, so that it ends by itself."""
    return or_(_pause.until.is_(None), _pause.until > func.now())


def _as_list(value: ColumnElement[Any], *, of: ColumnElement[bool] | None) -> ColumnElement[Any]:
    chosen = select(func.coalesce(func.jsonb_agg(value), literal_column("'[]'::jsonb")))
    return type_coerce((chosen if of is None else chosen.where(of)).scalar_subquery(), JSONB)


def _of_pause() -> ColumnElement[Any]:
    return func.jsonb_build_object(
        *("profile", _pause.profile, "shard_index", _pause.shard_index, "shard_total", _pause.shard_total),
        *("executor_id", _pause.executor_id, "actor", _pause.actor, "because", _pause.because),
        *("until", func.to_char(func.timezone("UTC", _pause.until), 'YYYY-MM-DD HH24:MI:SS"Z"')),
    )


def _pause_of(found: Mapping[str, Any]) -> Pause:
    executor_id, total = found["executor_id"], found["shard_total"]
    scope = Scope(
        profile=found["profile"],
        shard=None if total is None else Shard(found["shard_index"], total),
        executor_id=None if executor_id is None else UUID(executor_id),
    )
    return Pause(scope=scope, actor=found["actor"], until=found["until"], because=found["because"])


def _of_schedule() -> ColumnElement[Any]:
    return func.jsonb_build_object(
        *("name", _schedule.name, "cron", _schedule.cron, "changed_by", _schedule.changed_by),
        *("is_paused", _schedule.paused, "paused_by", _schedule.paused_by),
        *("requested_at", _epoch(_schedule.requested_at), "next_fire_at", _epoch(_schedule.next_fire_at)),
        *("held_until", _epoch(_schedule.held_until), "last_outcome", _schedule.last_outcome),
        *("last_started_at", _epoch(_schedule.last_started_at), "last_ended_at", _epoch(_schedule.last_ended_at)),
    )


def _epoch(moment: ColumnElement[Any]) -> ColumnElement[float]:
    return cast(func.extract("epoch", moment), Float)
