"""What the schedules of a site are now, when they fire next, and how they went, for people and programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from mediaproc.core.cron import Cron
from mediaproc.core.schedule import ONCE_PER_SITE, Schedule, ScheduleName, cron_of
from mediaproc.db.control import Control, read_control
from mediaproc.parts import Parts
from mediaproc.scheduler import next_fires
from mediaproc.site_schedule import crons_of

_FIRES = 5


@dataclass(frozen=True, kw_only=True)
class ScheduleLine:
    """A schedule: what it is now, its next fires, its latest run; of what each executor does, that of one of them."""

    name: str
    cron: str
    # Who set it; None: it is that of the settings.
    changed_by: str | None
    paused_by: str | None
    once_per_site: bool
    next_fires: list[datetime]
    running: bool
    requested_at: datetime | None
    last_started_at: datetime | None
    last_ended_at: datetime | None
    last_outcome: str | None


@dataclass(frozen=True, kw_only=True)
class Schedules:
    """All schedules, and the database's time at which they were so."""

    now: datetime
    lines: Sequence[ScheduleLine]


def schedules(parts: Parts) -> Schedules:
    """All of them; where nobody changed a cron it is that of the settings of `parts`.

    Raises:
        Unavailable, PartMissing: the database.
    """
    control = _control(parts)
    lines = [_line(name, cron=cron, control=control) for name, cron in crons_of(parts.settings).items()]
    return Schedules(now=datetime.fromtimestamp(control.now, tz=UTC), lines=lines)


def schedule_line(parts: Parts, name: ScheduleName) -> ScheduleLine:
    """This one."""
    return _line(name, cron=crons_of(parts.settings)[name], control=_control(parts))


def next_fires_of(cron: Cron, *, now: datetime) -> list[datetime]:
    """When it fires next, for whoever is about to choose it."""
    return _fires(cron, after=now.timestamp())


def _fires(cron: Cron, *, after: float) -> list[datetime]:
    return [datetime.fromtimestamp(at, tz=UTC) for at in islice(next_fires(cron, after=after), _FIRES)]


def _control(parts: Parts) -> Control:
    with parts.database.read() as connection:
        return read_control(connection, bucket="", given_up_after=0.0)


def _line(name: ScheduleName, *, cron: Cron, control: Control) -> ScheduleLine:
    schedule = control.schedules.get(name, Schedule(name=name))
    in_force = cron_of(schedule, default=cron)
    return ScheduleLine(
        name=name,
        cron=str(in_force),
        changed_by=schedule.changed_by,
        paused_by=schedule.paused_by,
        once_per_site=name in ONCE_PER_SITE,
        next_fires=[] if schedule.is_paused else _fires(in_force, after=control.now),
        running=schedule.held_until is not None and schedule.held_until > control.now,
        requested_at=_moment(schedule.requested_at),
        last_started_at=_moment(schedule.last_started_at),
        last_ended_at=_moment(schedule.last_ended_at),
        last_outcome=schedule.last_outcome,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)
