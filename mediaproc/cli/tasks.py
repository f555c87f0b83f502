"""`mediaproc tasks`: list, show, retry, cancel."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

import typer

from mediaproc.app import Parts
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.formatting import counted, duration
from mediaproc.cli.json_output import print_json
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.selected_tasks import SELECTION_HELP, opened, selection_of
from mediaproc.cli.tables import Column, table, terminal_width
from mediaproc.cli.task_details import task_details
from mediaproc.config import Settings
from mediaproc.core.errors import WrongUse
from mediaproc.core.lifecycle import Status, waits_for_a_person
from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.db.database import Connection
from mediaproc.db.selection import Cursor
from mediaproc.db.tasks import operator_acts
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What the tasks are and how they went; retry and cancel them."
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
    with opened(settings) as parts, parts.database.read() as connection:
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


@app.command(epilog=examples("mediaproc tasks show 17"))
@with_settings(DATABASE_SETTINGS)
def show(*, ids: Ids, json: Json = False, settings: Settings) -> ExitCode:
    """Everything about a task: each attempt with its stages and the end of ffmpeg's log, and what happens next."""
    with opened(settings) as parts, parts.database.read() as connection:
        lines = {line.id: line for line in tasks.tasks_named(connection, ids=ids)}
        endings = tasks.endings(connection, ids=ids)
        attempts = {task_id: tasks.attempts(connection, task_id=task_id) for task_id in lines}
    for task_id in ids:
        line = lines.get(task_id)
        if line is None:
            typer.echo(f"There is no task {task_id}.", err=True)
        elif json:
            print_json(asdict(line) | {"rendition": endings.get(task_id), "attempts": attempts[task_id]})
        else:
            typer.echo(
                task_details(line, ending=endings.get(task_id), attempts=attempts[task_id], width=terminal_width())
            )
    return ExitCode.DONE if len(lines) == len(set(ids)) else ExitCode.REFUSED


@app.command(epilog=examples("mediaproc tasks retry 17 18"))
@with_settings(DATABASE_SETTINGS)
def retry(*, ids: Ids, json: Json = False, settings: Settings) -> ExitCode:
    """Make tasks due now with no strike against them, rejected ones too."""
    with opened(settings) as parts:
        answers = [_operated(parts, task_id, operator_acts.retry, done="due now") for task_id in ids]
    return _say_answers(answers, json=json)


@app.command(epilog=examples("mediaproc tasks cancel 17"))
@with_settings(DATABASE_SETTINGS)
def cancel(*, ids: Ids, json: Json = False, settings: Settings) -> ExitCode:
    """Move tasks to history as cancelled; an executor that works on one stops at its next heartbeat."""
    with opened(settings) as parts:
        answers = [_operated(parts, task_id, operator_acts.cancel, done="cancelled") for task_id in ids]
    return _say_answers(answers, json=json)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    task: int
    done: bool
    sentence: str


def _operated(parts: Parts, task_id: int, operation: Callable[..., bool], *, done: str) -> _Answer:
    with parts.database.write() as connection:
        if operation(connection, task_id=task_id):
            return _Answer(task=task_id, done=True, sentence=f"Task {task_id} is {done}.")
        return _Answer(task=task_id, done=False, sentence=_why_not(connection, task_id))


def _why_not(connection: Connection, task_id: int) -> str:
    found = tasks.tasks_named(connection, ids=[task_id])
    if not found:
        return f"There is no task {task_id}."
    if found[0].status == Status.PROCESSING:
        return f"Task {task_id} is being worked on: wait for its end, or cancel it."
    return f"Task {task_id} is {found[0].status} already."


def _say_answers(answers: list[_Answer], *, json: bool) -> ExitCode:
    for answer in answers:
        if json:
            print_json(_for_programs(answer))
        else:
            typer.echo(answer.sentence, err=not answer.done)
    if not json and len(answers) > 1:
        typer.echo(f"{counted(sum(answer.done for answer in answers), 'task')} of {len(answers)} changed.")
    return ExitCode.DONE if all(answer.done for answer in answers) else ExitCode.REFUSED


def _for_programs(answer: _Answer) -> dict[str, Any]:
    return {"task": answer.task, "done": answer.done, "error": None if answer.done else answer.sentence}
