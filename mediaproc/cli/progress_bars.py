"""Progress bars on standard error, drawn by rich; where it is no terminal there are none, and rich is not imported."""

import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from mediaproc.cli.formatting import size, span
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.safe_text import cut_middle, shown
from mediaproc.db.database import Database
from mediaproc.db.views import ops, tasks
from mediaproc.db.views.ops import WorkingLine

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

# Seconds between two looks at the database; heartbeats carry the progress there.
_LOOK_EVERY = 0.5
_NAME_WIDTH = 28


def wanted() -> bool:
    """Whether somebody looks at a terminal."""
    return sys.stderr.isatty()


@dataclass(frozen=True, kw_only=True)
class UploadBar:
    """`advance` is told how many more bytes went; a block in `aside()` may print lines, which a bar would mix with."""

    advance: Callable[[int], None]
    aside: Callable[[], AbstractContextManager[None]]


@contextmanager
def upload_bar(*, total: int) -> Iterator[UploadBar]:
    """A bar over `total` bytes."""
    if not wanted():
        yield UploadBar(advance=lambda _count: None, aside=nullcontext)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        bar = progress.add_task("taking in", total=total)

        @contextmanager
        def aside() -> Iterator[None]:
            progress.stop()
            try:
                yield
            finally:
                progress.start()

        yield UploadBar(advance=lambda count: progress.advance(bar, count), aside=aside)


@contextmanager
def task_bars(database: Database, *, sizes: Mapping[int, int]) -> Iterator[Callable[[str], None]]:
    """A bar for each task of `sizes` (id to bytes of its source) that runs, and one for all, while the block lasts.

    What it yields says a sentence above the bars.
    """
    if not wanted():
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
        picture = _Picture(progress, database=database, sizes=sizes)
        ended = threading.Event()
        looking = threading.Thread(target=picture.keep_looking, args=(ended,), name="bars", daemon=True)
        looking.start()
        try:
            yield progress.console.print
        finally:
            ended.set()
            looking.join()


class _Picture:
    """What is drawn: one bar for all tasks, one more for each that runs now."""

    def __init__(self, progress: "Progress", *, database: Database, sizes: Mapping[int, int]) -> None:
        self._progress = progress
        self._database = database
        self._sizes = sizes
        self._bars: dict[int, TaskID] = {}
        self._all = progress.add_task(_described("all"), total=sum(sizes.values()) or 1, speed="", remaining="")

    def keep_looking(self, ended: threading.Event) -> None:
        """Until told to end."""
        while not ended.wait(_LOOK_EVERY):
            try:
                with self._database.read() as connection:
                    running = [line for line in ops.working(connection) if line.task_id in self._sizes]
                    unfinished = tasks.unfinished(connection, ids=self._sizes)
            except (Unavailable, PartMissing):
                # The executor says what is wrong; the bars only stand still.
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
            remaining=f"{span(line.ready_in)} left" if line.ready_in is not None else "",
        )


def _described(name: str) -> str:
    return cut_middle(shown(name), width=_NAME_WIDTH)


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415

    # Names are text: rich would take ":skull:" in one for a picture, and "[red]" for a colour.
    return Console(stderr=True, markup=False, emoji=False, highlight=False)
