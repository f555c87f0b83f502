"""The results of `transcode`: one for each source, as a table for people or as JSON objects for programs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from mediaproc.cli.note_lines import note_lines, notes_in_short
from mediaproc.cli.source_paths import SourcePath, size_on_disk
from mediaproc.cli.tables import Column, paragraph, table, terminal_width
from mediaproc.core.lifecycle import Status, waits_for_a_person
from mediaproc.core.notes import RecordedNote, is_note_flag
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.db.views.attempts import Ending
from mediaproc.db.views.tasks import TaskLine
from mediaproc.enqueue import Enqueued
from mediaproc.formatting import duration, running_time, size


@dataclass(frozen=True, kw_only=True)
class TranscodeResult:
    """The result for one source; sizes in bytes, times in seconds.

    `outcome` is completed, rejected, failed, cancelled, refused (not enqueued), pending (the run stopped before the
    task ended), or undelivered (completed, but the store or the folder refused the result: a second run saves it).
    """

    path: Path
    outcome: str
    file: str | None
    task: int | None
    error: str | None
    error_class: str | None
    output: Path | None = None
    decision: str | None = None
    flags: tuple[str, ...] = ()
    # What of a project is not drawn exactly.
    notes: tuple[RecordedNote, ...] = ()
    verification: str | None = None
    duration: float | None = None
    size_before: int
    size_after: int | None = None
    seconds: float | None = None

    def with_output(self, place: Path) -> "TranscodeResult":
        """The same with the path of its output."""
        return replace(self, output=place)

    def without_output(self, outcome: str, *, error: str, error_class: str | None) -> "TranscodeResult":
        """The same for a rendition that could not be saved."""
        return replace(self, outcome=outcome, error=error, error_class=error_class)


def result_of(
    source: SourcePath, enqueued: Enqueued, *, line: TaskLine | None, ending: Ending | None, tried: bool
) -> TranscodeResult:
    """The result as the database has it; `tried` is False for a task that waited for a person before this run."""
    result = TranscodeResult(
        path=source.path,
        outcome=_outcome(enqueued, line),
        file=enqueued.file,
        task=enqueued.task,
        error=enqueued.error or _error(line, tried=tried),
        error_class=enqueued.error_class or _error_class(line),
        size_before=size_on_disk(source),
    )
    if ending is None:
        return result
    return replace(
        result,
        decision=ending.decision,
        flags=ending.flags,
        notes=ending.notes,
        verification=ending.verification,
        duration=ending.duration,
        size_after=ending.output_size,
        seconds=round(sum(ending.stage_seconds.values()), 3),
    )


def _error(line: TaskLine | None, *, tried: bool) -> str | None:
    if line is None or line.status == Status.COMPLETED:
        return None
    if line.status == Status.CANCELLED:
        return "The task was cancelled: run the same command again to have the file made after all."
    if tried or not line.error:
        return line.error
    again = f"`mediaproc tasks retry {line.id}`, then this command again"
    if line.status == Status.REJECTED:
        return f"{line.error} It was rejected earlier and not tried again now; to try it all the same: {again}."
    return f"{line.error} It failed earlier and was not tried again now: {again}."


def _error_class(line: TaskLine | None) -> str | None:
    return None if line is None or line.status in {Status.COMPLETED, Status.CANCELLED} else line.error_class


def _outcome(enqueued: Enqueued, line: TaskLine | None) -> str:
    if line is None:
        return "refused" if enqueued.status == "refused" else "cancelled"
    settled = line.outcome is not None or waits_for_a_person(Status(line.status), fail_count=line.fail_count)
    return line.status if settled else "pending"


def print_results(results: Sequence[TranscodeResult]) -> None:
    """Print the table, a sentence for each source without a result or with a changed name, and how many are done."""
    width = terminal_width()
    labels = _labels([result.path for result in results])
    rows = [_row(result, label=label) for result, label in zip(results, labels, strict=True)]
    typer.echo(table(_COLUMNS, rows, width=width))
    for result, label in zip(results, labels, strict=True):
        if result.error:
            more = f" (`mediaproc tasks show {result.task}` tells more)" if result.task else ""
            typer.echo(paragraph(f"{shown(label)}: {shown(result.error)}{more}", width=width))
        elif result.output and result.output.stem != result.path.stem:
            typer.echo(paragraph(f"{shown(label)}: its result is {shown(str(result.output))}.", width=width))
        _print_notes(result, label=label, width=width)
    done = [result for result in results if result.outcome == "completed"]
    saved = sum(result.size_before for result in done), sum(result.size_after or 0 for result in done)
    sizes = f", {size(saved[0])} became {size(saved[1])}" if done else ""
    typer.echo(f"{len(done)} of {counted(len(results), 'file')} done{sizes}.")


def _print_notes(result: TranscodeResult, *, label: str, width: int | None) -> None:
    if not result.notes:
        return
    short = notes_in_short(result.notes)
    typer.echo(paragraph(f"{shown(label)}: not drawn exactly as in its editor ({short}):", width=width))
    for line in note_lines(result.notes, task_id=result.task, width=width, indent="    "):
        typer.echo(line)


def _labels(paths: Sequence[Path]) -> list[str]:
    """The files' names; if two are equal, their paths relative to the folder that holds all of them."""
    names = [path.name for path in paths]
    if len(set(names)) == len(names):
        return names
    parent = os.path.commonpath([path.absolute().parent for path in paths])
    return [str(path.absolute().relative_to(parent)) for path in paths]


_COLUMNS = (
    Column(title="file", names=True),
    Column(title="outcome"),
    Column(title="done, and why", prose=True),
    Column(title="length", right=True),
    Column(title="before", right=True),
    Column(title="after", right=True),
    Column(title="took", right=True),
)


def _row(result: TranscodeResult, *, label: str) -> tuple[object, ...]:
    verdict = result.verification if result.outcome == "completed" else result.outcome
    reasons = [*(flag for flag in result.flags if not is_note_flag(flag)), notes_in_short(result.notes)]
    what = ": ".join(part for part in (result.decision, ", ".join(filter(None, reasons))) if part)
    return (
        label,
        verdict,
        what,
        running_time(result.duration),
        size(result.size_before),
        size(result.size_after),
        duration(result.seconds),
    )
