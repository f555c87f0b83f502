"""`tasks show ID --follow`: what happens to a task, a line for each change, until its end."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from mediaproc.acts.task_answers import no_such_task
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.note_lines import notes_in_short
from mediaproc.cli.place_in_line import place_sentence
from mediaproc.cli.task_details import DELETED, next_step, stages
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.lifecycle import Status, waits_for_a_person
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.db.database import Database
from mediaproc.db.views import tasks
from mediaproc.db.views.attempts import AttemptLine, Ending, attempts_of, endings_of
from mediaproc.db.views.place_in_line import Place, place_in_line
from mediaproc.db.views.tasks import TaskLine
from mediaproc.formatting import duration, size

# Seconds between two looks.
_LOOK_EVERY = 1.0
# A change of progress that is told.
_PERCENT_STEP = 5
_DONE = frozenset({Status.COMPLETED, Status.CANCELLED, DELETED})


@dataclass(frozen=True, kw_only=True)
class Look:
    """A task as it is at one moment; without a line there is no such task."""

    line: TaskLine | None
    attempts: Sequence[AttemptLine] = ()
    ending: Ending | None = None
    place: Place | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to the task by itself."""
        if self.line is None or self.line.status in _DONE:
            return True
        return waits_for_a_person(Status(self.line.status), fail_count=self.line.fail_count)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that happened, as a sentence for people and as fields for programs."""

    event: str
    sentence: str
    fields: dict[str, Any]


def changes(before: Look | None, now: Look) -> Iterator[Change]:
    """What happened between two looks, in order."""
    if now.line is None:
        yield Change(event="gone", sentence="There is no such task any more.", fields={})
        return
    known = {each.claim_token: each for each in before.attempts} if before else {}
    for attempt in now.attempts:
        yield from _of_attempt(known.get(attempt.claim_token), attempt)
    yield from _of_progress(before.line if before else None, now.line)
    yield from _of_waiting(before, now)
    if now.is_over:
        yield from _of_end(now.line, now.ending)


def _of_attempt(before: AttemptLine | None, now: AttemptLine) -> Iterator[Change]:
    number = {"attempt": now.attempt}
    if before is None:
        where = shown(now.host) if now.host else f"executor {now.executor_id}"
        yield Change(event="claimed", sentence=f"attempt {now.attempt} on {where}", fields=number | {"host": now.host})
    if now.threads and (before is None or before.threads is None):
        told = f"attempt {now.attempt} encodes with {counted(now.threads, 'thread')}"
        yield Change(event="encodes", sentence=told, fields=number | {"threads": now.threads})
    if now.outcome and (before is None or before.outcome is None):
        why = f": {shown(now.error)}" if now.error else ""
        took = f" ({stages(now.stage_seconds)})" if now.stage_seconds else ""
        yield Change(
            event="ended",
            sentence=f"attempt {now.attempt} {now.outcome} after {duration(now.took)}{took}{why}",
            fields=number
            | {"outcome": now.outcome, "error_class": now.error_class, "error": now.error}
            | {"stage_seconds": dict(now.stage_seconds)},
        )


def _of_progress(before: TaskLine | None, now: TaskLine) -> Iterator[Change]:
    is_same_attempt = before is not None and before.attempt == now.attempt
    earlier = _percent(before) if before is not None and is_same_attempt else None
    percent = _percent(now)
    if percent is not None and percent != earlier:
        yield Change(event="progress", sentence=f"{percent} % done", fields={"percent": percent})


def _percent(line: TaskLine) -> int | None:
    """In steps, each of which is told once."""
    return None if line.progress is None else int(100 * line.progress) // _PERCENT_STEP * _PERCENT_STEP


def _of_waiting(before: Look | None, now: Look) -> Iterator[Change]:
    """Why it waits, when that has changed; and its place, whenever another number of tasks stand before it."""
    line = now.line
    if line is None or now.is_over or line.status == Status.PROCESSING:
        return
    if now.place is not None:
        earlier = before.place if before else None
        if earlier is None or (earlier.before, earlier.more) != (now.place.before, now.place.more):
            fields = {"before": now.place.before, "more": now.place.more, "ready_in": now.place.ready_in}
            yield Change(event="waits", sentence=f"waits: {place_sentence(now.place)}", fields=fields)
    elif before is None or before.place is not None or before.line is None or before.line.status != line.status:
        yield Change(event="waits", sentence=f"waits: {next_step(line)}", fields={"due_in": line.due_in})


def _of_end(line: TaskLine, ending: Ending | None) -> Iterator[Change]:
    if ending is not None:
        made = (
            f"completed: {ending.verification}, {ending.output_bucket}/{ending.output_key}, {size(ending.output_size)}"
        )
        if ending.notes:
            made += f", not drawn exactly ({notes_in_short(ending.notes)}): `mediaproc tasks show {line.id}` lists them"
        yield Change(event="completed", sentence=shown(made), fields={"rendition": ending})
        return
    why = f": {shown(line.error)}" if line.error else ""
    yield Change(
        event=line.status,
        sentence=f"{line.status}{why}; next: {next_step(line)}",
        fields={"error_class": line.error_class, "error": line.error},
    )


def follow(database: Database, task_id: int, *, json: bool) -> ExitCode:
    """Tell each change until the end; the exit code says whether that was a rendition."""
    before: Look | None = None
    is_away = False
    pause = threading.Event()
    while True:
        try:
            now = _look(database, task_id)
        except (Unavailable, PartMissing) as error:
            if not is_away:
                typer.echo(f"mediaproc: waiting: {shown(str(error))}", err=True)
            is_away = True
        else:
            is_away = False
            if before is None and now.line is None:
                typer.echo(no_such_task(task_id), err=True)
                return ExitCode.REFUSED
            for change in changes(before, now):
                tell(change, task_id=task_id, json=json)
            if now.is_over:
                return ExitCode.DONE if now.ending is not None else ExitCode.REFUSED
            before = now
        pause.wait(_LOOK_EVERY)


def _look(database: Database, task_id: int) -> Look:
    with database.read() as connection:
        line = next(iter(tasks.tasks_named(connection, ids=[task_id])), None)
        if line is None:
            return Look(line=None)
        return Look(
            line=line,
            attempts=attempts_of(connection, task_id=task_id),
            ending=endings_of(connection, ids=[task_id]).get(task_id),
            place=place_in_line(connection, task_id=task_id),
        )


def tell(change: Change, *, task_id: int, json: bool) -> None:
    """Print one change."""
    if json:
        print_json({"task": task_id, "event": change.event, **change.fields})
    else:
        typer.echo(change.sentence)
