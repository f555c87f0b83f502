"""`mediaproc schedules`: what executors do by the clock; run it now, pause it, give it another cron."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated

import typer

from mediaproc.acts import schedules as acts
from mediaproc.app import Parts
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.tables import Column, table, terminal_width
from mediaproc.config import Settings
from mediaproc.core.cron import Cron
from mediaproc.core.safe_text import shown
from mediaproc.core.schedule import ONCE_PER_SITE, Schedule, ScheduleName, cron_of, schedule_named
from mediaproc.db.control import Control, read_control
from mediaproc.formatting import duration, moment
from mediaproc.scheduler import next_fires
from mediaproc.site_schedule import crons_of

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What executors do by the clock; run, pause and change it."
)

_CRONS = ("cron", "compensate_cron", "sweep_cron", "prune_cron", "deliveries_cron", "alarms_cron")
_FIRES = 5
Name = Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(ScheduleName)}.")]


@dataclass(frozen=True, kw_only=True)
class _ScheduleLine:
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


@app.command("list", epilog=examples("mediaproc schedules list", "mediaproc schedules list --json"))
@with_settings((*DATABASE_SETTINGS, *_CRONS))
def list_(*, json: Json = False, settings: Settings) -> ExitCode:
    """Each schedule: its cron and who changed it, its next five fires (UTC), its latest run.

    Where nobody changed a cron it is that of the settings of this command, which may differ from those of an executor.
    What each executor does for itself (tick, compensation) tells the latest run of one of them.
    """
    with opened(settings) as parts:
        control = _control(parts)
    lines = [_line(name, cron=cron, control=control) for name, cron in crons_of(settings).items()]
    if json:
        for line in lines:
            print_json(line)
    else:
        typer.echo("\n".join(_screen(lines, now=datetime.fromtimestamp(control.now, tz=UTC))))
    return ExitCode.DONE


def _control(parts: Parts) -> Control:
    with parts.database.read() as connection:
        return read_control(connection, bucket="", given_up_after=0.0)


def _tell(sentence: str, *, name: ScheduleName, parts: Parts, settings: Settings, json: bool) -> None:
    """What an act did: the sentence, or for a program the schedule as `list` shows it."""
    if json:
        print_json(_line(name, cron=crons_of(settings)[name], control=_control(parts)))
    else:
        typer.echo(sentence)


def _line(name: ScheduleName, *, cron: Cron, control: Control) -> _ScheduleLine:
    schedule = control.schedules.get(name, Schedule(name=name))
    fires = next_fires(cron_of(schedule, default=cron), after=control.now)
    return _ScheduleLine(
        name=name,
        cron=str(cron_of(schedule, default=cron)),
        changed_by=schedule.changed_by,
        paused_by=schedule.paused_by,
        once_per_site=name in ONCE_PER_SITE,
        next_fires=[] if schedule.is_paused else [datetime.fromtimestamp(at, tz=UTC) for at in islice(fires, _FIRES)],
        running=schedule.held_until is not None and schedule.held_until > control.now,
        requested_at=_moment(schedule.requested_at),
        last_started_at=_moment(schedule.last_started_at),
        last_ended_at=_moment(schedule.last_ended_at),
        last_outcome=schedule.last_outcome,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


def _screen(lines: list[_ScheduleLine], *, now: datetime) -> Iterator[str]:
    columns = (
        Column(title="schedule"),
        Column(title="cron"),
        Column(title="from"),
        Column(title="last start"),
        Column(title="took", right=True),
        Column(title="outcome", prose=True),
    )
    rows = [
        (
            line.name,
            line.cron,
            shown(line.changed_by or "settings"),
            "" if line.last_started_at is None else f"{duration(now - line.last_started_at)} ago",
            "runs" if line.running else duration(_took(line)),
            line.last_outcome,
        )
        for line in lines
    ]
    yield table(columns, rows, width=terminal_width())
    yield ""
    yield "Next fires (UTC)"
    for line in lines:
        fires = ", ".join(moment(at) for at in line.next_fires)
        yield f"{line.name}: {f'paused by {shown(line.paused_by)}' if line.paused_by else fires}"


def _took(line: _ScheduleLine) -> timedelta | None:
    if line.last_started_at is None or line.last_ended_at is None:
        return None
    return line.last_ended_at - line.last_started_at


@app.command(epilog=examples("mediaproc schedules run prune"))
@with_settings((*DATABASE_SETTINGS, *_CRONS))
def run(*, name: Name, json: Json = False, settings: Settings) -> ExitCode:
    """Let executors run it once now, also while it is paused: tick and compensation each, the others one of them."""
    schedule = schedule_named(name)
    with opened(settings) as parts:
        has_executor = acts.run_now(parts.database, name=schedule, actor=actor())
        sentence = (
            f"Executors that live run {schedule} now; `mediaproc schedules list` tells what came of it."
            if has_executor
            else f"No executor lives: the next that starts runs {schedule}."
        )
        _tell(sentence, name=schedule, parts=parts, settings=settings, json=json)
    return ExitCode.DONE


@app.command(epilog=examples("mediaproc schedules pause prune"))
@with_settings((*DATABASE_SETTINGS, *_CRONS))
def pause(*, name: Name, json: Json = False, settings: Settings) -> ExitCode:
    """Let it fire no more until it is resumed.

    Without ticks executors still claim what they are notified of, and for slots that become free: `mediaproc pause`
    stops claims. Without compensation the tasks of an executor that died in silence stay where they are.
    """
    schedule = schedule_named(name)
    with opened(settings) as parts:
        is_new = acts.pause_schedule(parts.database, name=schedule, actor=actor())
        sentence = f"The schedule {schedule} is paused{'' if is_new else ' already'}."
        _tell(sentence, name=schedule, parts=parts, settings=settings, json=json)
    return ExitCode.DONE


@app.command(epilog=examples("mediaproc schedules resume prune"))
@with_settings((*DATABASE_SETTINGS, *_CRONS))
def resume(*, name: Name, json: Json = False, settings: Settings) -> ExitCode:
    """Let it fire again."""
    schedule = schedule_named(name)
    with opened(settings) as parts:
        acts.resume_schedule(parts.database, name=schedule, actor=actor())
        _tell(f"The schedule {schedule} is resumed.", name=schedule, parts=parts, settings=settings, json=json)
    return ExitCode.DONE


@app.command(
    "set", epilog=examples("mediaproc schedules set prune '30 3 * * *'", "mediaproc schedules set prune default")
)
@with_settings((*DATABASE_SETTINGS, *_CRONS))
def set_(
    *,
    name: Name,
    expression: Annotated[
        str,
        typer.Argument(
            metavar="CRON", help="Five fields, or six with the second first; UTC. default: as the settings."
        ),
    ],
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Let it fire by another cron, in executors that run as well; `default` goes back to the settings."""
    wanted = None if expression.strip().lower() == "default" else Cron.parse(expression)
    schedule = schedule_named(name)
    with opened(settings) as parts:
        is_new = acts.set_cron(parts.database, name=schedule, cron=wanted, actor=actor())
        by = "the cron of the settings" if wanted is None else f"'{wanted}'"
        sentence = f"The schedule {schedule} fires by {by}{'' if is_new else ', as before'}."
        _tell(sentence, name=schedule, parts=parts, settings=settings, json=json)
    return ExitCode.DONE
