"""Progress bars on standard error, drawn by rich; without a terminal there are no bars, and rich is not imported."""

import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.safe_text import cut_middle, shown
from mediaproc.db.database import Database
from mediaproc.db.views import ops, tasks
from mediaproc.db.views.ops import WorkingLine
from mediaproc.formatting import duration, size

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

# Seconds between two reads of the database, where the heartbeats write the progress.
_REFRESH_INTERVAL = 0.5
_NAME_WIDTH = 28


def bars_are_shown() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr.isatty()


@dataclass(frozen=True, kw_only=True)
class UploadBar:
    """A bar over bytes: `advance` adds some; a block in `hidden()` can print lines, since there is no bar."""

    advance: Callable[[int], None]
    hidden: Callable[[], AbstractContextManager[None]]


@contextmanager
def count_bar(what: str, *, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar over so many things, or without an end; what it yields adds some."""
    if not bars_are_shown():
        yield lambda _count: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        bar = progress.add_task(what, total=total)
        yield lambda count: progress.advance(bar, count)


@contextmanager
def upload_bar(*, total: int) -> Iterator[UploadBar]:
    """A bar over `total` bytes."""
    if not bars_are_shown():
        yield UploadBar(advance=lambda _count: None, hidden=nullcontext)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        bar = progress.add_task("taking in", total=total)

        @contextmanager
        def hidden() -> Iterator[None]:
            progress.stop()
            try:
                yield
            finally:
                progress.start()

        yield UploadBar(advance=lambda count: progress.advance(bar, count), hidden=hidden)


@contextmanager
def task_bars(database: Database, *, sizes: Mapping[int, int]) -> Iterator[Callable[[str], None]]:
    """A bar for each running task of `sizes` (id to bytes of its source), and one for all tasks, inside the block.

    Yields a function that prints a sentence above the bars.
    """
    if not bars_are_shown():
        yield lambda sentence: typer.echo(sentence, err=True)
        return
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[speed]:>11}"),
        TextColumn("{task.fields[remaining]:>12}"),
    )
    with Progress(*columns, console=_console(), transient=True, expand=True) as progress:
        bars = _TaskBars(progress, database=database, sizes=sizes)
        ended = threading.Event()
        refreshing = threading.Thread(target=bars.refresh_until, args=(ended,), name="bars", daemon=True)
        refreshing.start()
        try:
            yield progress.console.print
        finally:
            ended.set()
            refreshing.join()


class _TaskBars:
    """One bar for all tasks, and one more for each running task."""

    def __init__(self, progress: "Progress", *, database: Database, sizes: Mapping[int, int]) -> None:
        self._progress = progress
        self._database = database
        self._sizes = sizes
        self._bars: dict[int, TaskID] = {}
        self._all = progress.add_task(_described("all"), total=sum(sizes.values()) or 1, speed="", remaining="")

    def refresh_until(self, ended: threading.Event) -> None:
        """Draw the bars anew from the database, again and again until `ended` is set."""
        while not ended.wait(_REFRESH_INTERVAL):
            try:
                with self._database.read() as connection:
                    running = [line for line in ops.working(connection) if line.task_id in self._sizes]
                    unfinished = tasks.unfinished(connection, ids=self._sizes)
            except (Unavailable, PartMissing):
                # The executor says what is wrong; the bars keep what they show.
                continue
            self._draw(running, unfinished=unfinished)

    def _draw(self, running: Collection[WorkingLine], *, unfinished: Collection[int]) -> None:
        for task_id in self._bars.keys() - {line.task_id for line in running}:
            self._progress.remove_task(self._bars.pop(task_id))
        done = float(sum(size for task_id, size in self._sizes.items() if task_id not in unfinished))
        for line in running:
            fraction = float(line.percent or 0) / 100
            done += fraction * self._sizes[line.task_id]
            self._draw_one(line, fraction=fraction)
        count = len(self._sizes)
        described = _described(f"{count - len(unfinished)} of {count} done")
        self._progress.update(self._all, completed=done, description=described)

    def _draw_one(self, line: WorkingLine, *, fraction: float) -> None:
        bar = self._bars.get(line.task_id)
        if bar is None:
            bar = self._progress.add_task(_described(line.filename), total=1.0, speed="", remaining="")
            self._bars[line.task_id] = bar
        speed = fraction * self._sizes[line.task_id] / max(0.1, line.working_for.total_seconds())
        self._progress.update(
            bar,
            completed=fraction,
            speed=f"{size(int(speed))}/s" if fraction else "",
            remaining=f"{duration(line.ready_in)} left" if line.ready_in is not None else "",
        )


def _described(name: str) -> str:
    return cut_middle(shown(name), width=_NAME_WIDTH)


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415

    # File names are plain text: rich would take ":skull:" in a name for a picture, and "[red]" for a colour.
    return Console(stderr=True, markup=False, emoji=False, highlight=False)
