"""`mediaproc tasks`: list and show; the acts on tasks are in `task_acts`, `complete` in `task_complete`."""

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, ClassVar

import typer

from mediaproc.acts.task_answers import no_such_task
from mediaproc.cli import task_follow
from mediaproc.cli.command_group import CommandGroup
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened_database
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.selected_tasks import SELECTION_HELP, selection_of
from mediaproc.cli.tables import Column, table, terminal_width
from mediaproc.cli.task_acts import add_acts
from mediaproc.cli.task_details import task_details
from mediaproc.config import Settings
from mediaproc.core.errors import WrongUse
from mediaproc.core.lifecycle import Status, waits_for_a_person
from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.db.selection import Cursor
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine
from mediaproc.db.views.whole_task import whole_tasks
from mediaproc.formatting import duration


class _Commands(CommandGroup):
    # What verifies a file needs nearly all of the product.
    summaries: ClassVar = {
        "complete": "Complete a task with a file that was made elsewhere: it is verified as any output is, uploaded"
        " and settled."
    }
    module_prefix = "mediaproc.cli.task_"


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    help="What the tasks are and how they went; what can be done to them.",
)

Ids = Annotated[
    list[int],
    # The largest id that PostgreSQL's bigint holds.
    typer.Argument(metavar="ID", min=1, max=2**63 - 1, help="Numbers of tasks, as `tasks list` shows them."),
]


@app.command(
    "list",
    epilog=examples(
        "mediaproc tasks list 'status:failed class:stalled older:2h'",
        "mediaproc tasks list --status failed --status rejected",
        "mediaproc tasks list --all --json",
    ),
)
@with_settings(DATABASE_SETTINGS)
def list_(
    *,
    words: Annotated[list[str] | None, typer.Argument(metavar="[ID... | 'WORDS']", help=SELECTION_HELP)] = None,
    status: Annotated[
        list[Status] | None, typer.Option(help="Only tasks of this status; may be given several times.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="History too, not only what is not done yet.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most as many, the newest; 0: all.")] = 50,
    after: Annotated[str | None, typer.Option(metavar="CURSOR", help="What comes behind an earlier page.")] = None,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Tasks, the newest first: what is not done yet, or with --all history too.

    Without --all, a selection reaches history by ids and by status:completed|cancelled|deleted.
    """
    selection = _with_statuses(selection_of(words) if words else EVERYTHING, status or ())
    cursor = Cursor.parse(after) if after is not None else None
    with opened_database(settings) as database, database.read() as connection:
        # Ask for one more than is shown, to know whether there are more.
        most = limit + 1 if limit else None
        found = tasks.tasks(connection, selection=selection, with_history=all_, limit=most, after=cursor)
    shown = found[:limit] if limit else found
    if json:
        for line in shown:
            print_json(line)
    elif shown:
        typer.echo(_task_table(shown))
        if len(found) > len(shown):
            last = Cursor(created_at=shown[-1].created_at, id=shown[-1].id)
            typer.echo(f"... and more; --after {last} shows the next, --limit {2 * limit} more of them, --limit 0 all.")
    else:
        nothing = selection == EVERYTHING and not all_ and cursor is None
        typer.echo("Nothing waits to be done; --all lists history too." if nothing else "No such task.")
    return ExitCode.DONE


def _with_statuses(selection: Selection, statuses: Collection[Status]) -> Selection:
    if statuses and (selection.status or selection.ids):
        raise WrongUse("The tasks are told by ids or by status: already, so --status cannot be given too.")
    return replace(selection, status=tuple(map(str, statuses))) if statuses else selection


def _task_table(lines: list[TaskLine]) -> str:
    columns = (
        Column(title="task", right=True),
        Column(title="status"),
        Column(title="profile"),
        Column(title="tries", right=True),
        Column(title="next"),
        Column(title="file", names=True),
        Column(title="why", prose=True),
    )
    rows = [
        (line.id, line.status, line.profile, line.attempt, _next(line), line.filename, line.error or line.verification)
        for line in lines
    ]
    return table(columns, rows, width=terminal_width())


def _next(line: TaskLine) -> str:
    if line.status == Status.PROCESSING:
        return "" if line.progress is None else f"{100 * line.progress:.0f} %"
    if line.due_in is None:
        return ""
    if waits_for_a_person(Status(line.status), fail_count=line.fail_count):
        return "a person"
    return f"in {duration(line.due_in)}" if line.due_in.total_seconds() > 0 else "due"


@app.command(epilog=examples("mediaproc tasks show 17", "mediaproc tasks show 17 --follow"))
@with_settings(DATABASE_SETTINGS)
def show(
    *,
    ids: Ids,
    follow: Annotated[
        bool, typer.Option("--follow", help="Tell what happens to it until its end: 0 when it is completed, else 1.")
    ] = False,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Everything about a task: each attempt with its stages and the end of ffmpeg's log, and what happens next."""
    if follow:
        if len(ids) != 1:
            raise WrongUse("--follow tells of one task: name one.")
        with opened_database(settings) as database:
            return task_follow.follow(database, ids[0], json=json)
    with opened_database(settings) as database, database.read() as connection:
        found = whole_tasks(connection, ids=ids)
    for task_id in ids:
        whole = found.get(task_id)
        if whole is None:
            typer.echo(no_such_task(task_id), err=True)
        elif json:
            print_json(whole)
        else:
            details = task_details(
                whole, ending=whole.rendition, attempts=whole.attempts, place=whole.place, width=terminal_width()
            )
            typer.echo(details)
    return ExitCode.DONE if len(found) == len(set(ids)) else ExitCode.REFUSED


add_acts(app)
