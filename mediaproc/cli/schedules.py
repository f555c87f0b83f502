"""`mediaproc schedules`: what executors do by the clock; run it now, pause it, give it another cron."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from mediaproc.acts import schedules as acts
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.tables import Column, table, terminal_width
from mediaproc.config import Settings
from mediaproc.core.cron import Cron
from mediaproc.core.safe_text import shown
from mediaproc.core.schedule import ScheduleName, schedule_named
from mediaproc.formatting import duration, moment
from mediaproc.parts import Parts
from mediaproc.schedule_lines import ScheduleLine, schedule_line, schedules

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What executors do by the clock; run, pause and change it."
)

_CRONS = ("cron", "compensate_cron", "sweep_cron", "prune_cron", "deliveries_cron", "alarms_cron")
Name = Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(ScheduleName)}.")]


@app.command("list", epilog=examples("mediaproc schedules list", "mediaproc schedules list --json"))
@with_settings((*DATABASE_SETTINGS, *_CRONS))
def list_(*, json: Json = False, settings: Settings) -> ExitCode:
    """Each schedule: its cron and who changed it, its next five fires (UTC), its latest run.

    Where nobody changed a cron it is that of the settings of this command, which may differ from those of an executor.
    What each executor does for itself (tick, compensation) tells the latest run of one of them.
    """
    with opened(settings) as parts:
        found = schedules(parts)
    if json:
        for line in found.lines:
            print_json(line)
    else:
        typer.echo("\n".join(_screen(found.lines, now=found.now)))
    return ExitCode.DONE


def _tell(sentence: str, *, name: ScheduleName, parts: Parts, json: bool) -> None:
    """What an act did: the sentence, or for a program the schedule as `list` shows it."""
    if json:
        print_json(schedule_line(parts, name))
    else:
        typer.echo(sentence)


def _screen(lines: Sequence[ScheduleLine], *, now: datetime) -> Iterator[str]:
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


def _took(line: ScheduleLine) -> timedelta | None:
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
        _tell(sentence, name=schedule, parts=parts, json=json)
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
        _tell(sentence, name=schedule, parts=parts, json=json)
    return ExitCode.DONE


@app.command(epilog=examples("mediaproc schedules resume prune"))
@with_settings((*DATABASE_SETTINGS, *_CRONS))
def resume(*, name: Name, json: Json = False, settings: Settings) -> ExitCode:
    """Let it fire again."""
    schedule = schedule_named(name)
    with opened(settings) as parts:
        acts.resume_schedule(parts.database, name=schedule, actor=actor())
        _tell(f"The schedule {schedule} is resumed.", name=schedule, parts=parts, json=json)
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
        _tell(sentence, name=schedule, parts=parts, json=json)
    return ExitCode.DONE
