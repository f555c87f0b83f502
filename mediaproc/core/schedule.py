"""The schedules of a site: which there are, what a person changed of them, and whether one is to run now."""

from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.cron import Cron
from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted


class ScheduleName(StrEnum):
    """What is done by the clock."""

    TICK = "tick"
    """Each executor looks for due tasks."""
    COMPENSATION = "compensation"
    """Tasks whose lease ran out are given back."""
    SWEEP = "sweep"
    """Objects that lost claims left are removed, and uploads that never ended."""
    PRUNE = "prune"
    """What was kept for long enough is deleted."""
    DELIVERIES = "deliveries"
    """Messages that wait are sent."""
    ALARMS = "alarms"
    """Whether there is anything to be alarmed about."""


# Run by one executor of the site for each fire; the others by each executor for itself.
ONCE_PER_SITE = frozenset({ScheduleName.SWEEP, ScheduleName.PRUNE, ScheduleName.DELIVERIES, ScheduleName.ALARMS})


def schedule_named(written: str) -> ScheduleName:
    """The schedule of this name.

    Raises:
        WrongUse: there is none; the sentence names those that there are.
    """
    try:
        return ScheduleName(written)
    except ValueError:
        raise WrongUse(f"There is no schedule {quoted(written)}: one of {', '.join(ScheduleName)}.") from None


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What the table says of a schedule; times are seconds since 1970 by the database's clock, None where never.

    `cron` None: as the settings have it. `next_fire_at` and `held_until` are of those that run once for the site:
    `held_until` is when the right to run of the executor that runs it now ends.
    """

    name: str
    cron: str | None = None
    changed_by: str | None = None
    is_paused: bool = False
    paused_by: str | None = None
    requested_at: float | None = None
    next_fire_at: float | None = None
    held_until: float | None = None
    last_started_at: float | None = None
    last_ended_at: float | None = None
    last_outcome: str | None = None


def pause_sentence(schedule: Schedule) -> str:
    """That a schedule is paused, by whom, and which command lifts it."""
    return (
        f"The schedule {schedule.name} is paused by {schedule.paused_by}:"
        f" `mediaproc schedules resume {schedule.name}` lifts it."
    )


class Fire(StrEnum):
    """What is to be done about a schedule that runs once for the site."""

    PLAN = "plan"
    """Its next fire is not known: nothing was ever planned, or its cron was changed."""
    RUN = "run"
    WAIT = "wait"


def fire(schedule: Schedule, *, now: float, has_work: bool) -> Fire:
    """Whether a schedule that runs once for the site is to run now; `now` is by the database's clock.

    One that was asked for runs even while it is paused, and whether or not there seems to be work for it.
    """
    if schedule.held_until is not None and schedule.held_until > now:
        return Fire.WAIT
    if schedule.requested_at is not None:
        return Fire.RUN
    if schedule.is_paused:
        return Fire.WAIT
    if schedule.next_fire_at is None:
        return Fire.PLAN
    return Fire.RUN if schedule.next_fire_at <= now and has_work else Fire.WAIT


def cron_of(schedule: Schedule | None, *, default: Cron) -> Cron:
    """Its cron, where a person set one that this version understands; else the default of the settings."""
    if schedule is None or schedule.cron is None:
        return default
    try:
        return Cron.parse(schedule.cron)
    except WrongUse:
        # The commands refuse such a one; another program may have written it.
        return default
