"""A screen that stays and is read anew at an interval, until Ctrl-C; a database that goes away ends nothing."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from signal import SIGINT, SIGTERM
from typing import Any, Generic, TypeVar

import typer

from mediaproc.cli.json_output import print_json
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.safe_text import shown
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.signals import answered

Shown = TypeVar("Shown")

# Seconds between two looks at whether it shall end.
_LOOK_EVERY = 0.1


class LiveScreen(Generic[Shown]):
    """On a terminal one screen that fits it, whatever its size becomes; else one screen after the other; or JSON."""

    def __init__(
        self, read: Callable[[], Shown], *, lines: Callable[[Shown, int | None], Iterable[str]], json: bool
    ) -> None:
        """`read` asks the database; `lines` are the screen at most so many cells wide, of whatever width where None."""
        self._read = read
        self._lines = lines
        self._json = json
        self._latest: Shown | None = None
        self._fault: str | None = None

    def run(self, *, interval: float) -> None:
        """Read and show until SIGINT or SIGTERM."""
        ended = threading.Event()
        with answered(SIGINT, SIGTERM, by=ended.set), self._display() as show:
            while not ended.is_set():
                # Not in this thread: a database that does not answer would keep Ctrl-C waiting.
                asked = run_in_daemon_thread(self._read, name="read-screen")
                if not _is_done(asked, unless=ended):
                    return
                self._take(asked)
                show()
                ended.wait(interval)

    def _take(self, asked: Future[Shown]) -> None:
        try:
            self._latest, self._fault = asked.result(), None
        except (Unavailable, PartMissing) as error:
            self._fault = str(error)

    @contextmanager
    def _display(self) -> Iterator[Callable[[], None]]:
        """What shows the latest."""
        if self._json:
            yield lambda: print_json({"error": self._fault} if self._fault else self._latest)
        elif not sys.stdout.isatty():
            yield lambda: typer.echo("\n".join([*self._text(None), ""]))
        else:
            # Imported here: the module is loaded with `status`, which needs no rich without a terminal.
            from rich.live import Live  # noqa: PLC0415

            with Live(_Fitting(self._text), screen=True, auto_refresh=True, vertical_overflow="crop") as live:
                yield live.refresh

    def _text(self, width: int | None) -> list[str]:
        fault = [] if self._fault is None else [shown(f"Not read anew: {self._fault}"), ""]
        return fault + ([] if self._latest is None else list(self._lines(self._latest, width)))


def _is_done(asked: Future[Any], *, unless: threading.Event) -> bool:
    """Waits for the answer; False when the event was set first."""
    while not wait([asked], timeout=_LOOK_EVERY).done:
        if unless.is_set():
            return False
    return True


class _Fitting:
    """Renders the lines for the width that the terminal has at each refresh."""

    def __init__(self, text: Callable[[int | None], list[str]]) -> None:
        self._text = text

    def __rich_console__(self, _console: object, options: Any) -> Iterator[Any]:  # noqa: ANN401 - rich's own
        from rich.text import Text  # noqa: PLC0415

        # A table is one text of several lines.
        lines = "\n".join(self._text(options.max_width)).split("\n")
        most = options.max_height
        if len(lines) > most:
            lines = [*lines[: most - 1], f"... {len(lines) - most + 1} lines more than fit here"]
        yield Text("\n".join(lines), no_wrap=True, overflow="crop")
