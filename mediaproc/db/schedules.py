"""The table of schedules: runs that one executor makes for the site, runs of each for itself, and what is changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Interval,
    bindparam,
    func,
    not_,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from mediaproc.core.schedule import Schedule
from mediaproc.db.control import read_schedule
from mediaproc.db.notifications import notify_control
from mediaproc.db.schema import media_schedule

_schedule = media_schedule.c


def lock_schedule(connection: Connection, *, name: str) -> tuple[float, Schedule] | None:
    """The database's clock and the schedule, its row locked until the transaction ends; None while another holds that.

    A row that is not there yet is made.
    """
    connection.execute(insert(media_schedule).values(name=name).on_conflict_do_nothing())
    locked = select(_schedule.name).where(_schedule.name == name).with_for_update(skip_locked=True)
    if connection.scalar(locked) is None:
        return None
    # A statement of its own, since only its snapshot has what the lock protects.
    return read_schedule(connection, name=name)


def plan(connection: Connection, *, name: str, next_fire_at: float) -> None:
    """Note when a schedule that this transaction has locked is to run next."""
    connection.execute(update(media_schedule).where(_schedule.name == name).values(next_fire_at=_moment(next_fire_at)))


def begin_run(connection: Connection, *, name: str, run_token: UUID, hold: float, next_fire_at: float) -> None:
    """Give the run of a schedule that this transaction has locked to the token, for `hold` seconds."""
    connection.execute(
        update(media_schedule)
        .where(_schedule.name == name)
        .values(
            next_fire_at=_moment(next_fire_at),
            requested_at=null(),
            run_token=run_token,
            held_until=func.now() + timedelta(seconds=hold),
            last_started_at=func.now(),
            last_ended_at=null(),
            last_outcome=null(),
        )
    )


def keep_run(connection: Connection, *, name: str, run_token: UUID, hold: float) -> bool:
    """Hold the run for `hold` seconds more; returns whether it still is the token's."""
    kept = (
        update(media_schedule)
        .where(_schedule.name == name, _schedule.run_token == run_token)
        .values(held_until=func.now() + timedelta(seconds=hold))
        .returning(_schedule.name)
    )
    return connection.scalar(kept) is not None


def end_run(connection: Connection, *, name: str, run_token: UUID, outcome: str) -> bool:
    """Note how the run ended; returns False, and changes nothing, where it is the token's no more."""
    ended = (
        update(media_schedule)
        .where(_schedule.name == name, _schedule.run_token == run_token)
        .values(run_token=null(), held_until=null(), last_ended_at=func.now(), last_outcome=outcome)
        .returning(_schedule.name)
    )
    return connection.scalar(ended) is not None


@dataclass(frozen=True, kw_only=True)
class LocalRun:
    """A run that an executor made for itself, `ended_ago` seconds ago."""

    name: str
    took: float
    ended_ago: float
    outcome: str


def note_local_runs(connection: Connection, *, runs: Collection[LocalRun], older_than: float) -> None:
    """Note these as the latest, where what is noted is older than so many seconds: of many executors one writes."""
    ended_at = func.now() - bindparam("ago", type_=Interval)
    noted = insert(media_schedule).values(
        name=bindparam("of"),
        last_started_at=ended_at - bindparam("took", type_=Interval),
        last_ended_at=ended_at,
        last_outcome=bindparam("outcome"),
    )
    excluded = noted.excluded
    connection.execute(
        noted.on_conflict_do_update(
            index_elements=[_schedule.name],
            set_={
                "last_started_at": excluded.last_started_at,
                "last_ended_at": excluded.last_ended_at,
                "last_outcome": excluded.last_outcome,
            },
            where=or_(
                _schedule.last_started_at.is_(None),
                _schedule.last_started_at < func.now() - timedelta(seconds=older_than),
            ),
        ),
        [
            {
                "of": run.name,
                "took": timedelta(seconds=run.took),
                "ago": timedelta(seconds=run.ended_ago),
                "outcome": run.outcome,
            }
            for run in runs
        ],
    )


def set_cron(connection: Connection, *, name: str, cron: str | None, actor: str) -> bool:
    """Let the schedule fire by this cron, or with None by that of the settings; returns whether that is a change.

    When it is to run next is planned anew.
    """
    changed_by = None if cron is None else actor
    values = {"cron": cron, "changed_by": changed_by, "next_fire_at": None}
    return _change(connection, name=name, values=values, unless=_schedule.cron.is_not_distinct_from(cron))


def set_paused(connection: Connection, *, name: str, is_paused: bool, actor: str) -> bool:
    """Pause or resume the schedule; returns whether that is a change."""
    values = {"paused": is_paused, "paused_by": actor if is_paused else None}
    return _change(connection, name=name, values=values, unless=_schedule.paused == is_paused)


def request_run(connection: Connection, *, name: str) -> None:
    """Ask for one run now; one that was asked for and did not begin yet is the same."""
    _change(connection, name=name, values={"requested_at": func.now()}, unless=None)


def _change(
    connection: Connection, *, name: str, values: Mapping[str, Any], unless: ColumnElement[bool] | None
) -> bool:
    """Change the row unless it is so already, and tell the executors."""
    connection.execute(insert(media_schedule).values(name=name).on_conflict_do_nothing())
    changed = (
        update(media_schedule)
        .where(_schedule.name == name, true() if unless is None else not_(unless))
        .values(updated_at=func.now(), **values)
        .returning(_schedule.name, notify_control())
    )
    return connection.execute(changed).first() is not None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
