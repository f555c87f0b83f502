"""Real terminals of a given size, emulated by tmux, which tells where each character is drawn."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from tests.parts.waiting import Answer, until

TMUX = which("tmux")

# More lines than any screen here has: nothing scrolls away.
_LINES = 100

# The title is set after everything was drawn: a test that reads it sees the whole screen.
_THEN_STAY = r"""printf '\033]2;runs\033\\'; "$@"; printf '\033]2;ended %d\033\\' $?; exec sleep infinity"""

_BETWEEN = "== the same as lines =="


class Terminals:
    """A tmux of its own, in which each command gets a terminal that stays when the command has ended."""

    def __init__(self, socket: Path, *, columns: int, environment: Mapping[str, str]) -> None:
        self._socket = socket
        self._size = ("-x", str(columns), "-y", str(_LINES))
        self._environment = dict(environment)
        self.ask("start-server", ";", "set", "-g", "exit-empty", "off")

    def run(self, *arguments: object) -> "Terminal":
        """`mediaproc` with these arguments in a terminal of its own, not waited for."""
        command = ["/bin/sh", "-c", _THEN_STAY, "sh", sys.executable, "-m", "mediaproc", *map(str, arguments)]
        pane = self.ask("new-session", "-d", "-P", "-F", "#{pane_id}", *self._size, "--", *command)
        return Terminal(self, pane.strip())

    def ask(self, *command: str) -> str:
        """Tmux's answer to the command."""
        assert TMUX is not None
        ran = subprocess.run(
            [TMUX, "-u", "-f", os.devnull, "-S", str(self._socket), *command],
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        return ran.stdout

    def cells(self, text: str) -> int:
        """How many columns tmux needs for it."""
        return int(self.ask("set", "-g", "--", "@text", text, ";", "display", "-p", "#{w:@text}"))


@dataclass(frozen=True)
class Terminal:
    """One command's screen."""

    _terminals: Terminals
    pane: str

    def lines(self) -> list[str]:
        """The rows that are in use now, as lines."""
        return self._captured()[0]

    def goes_on_in_a_second_row(self) -> bool:
        """Whether a line was too long for its row."""
        rows, lines = self._captured()
        return rows != lines

    def _captured(self) -> tuple[list[str], list[str]]:
        """The screen at one moment, as rows and as lines."""
        capture = ("capture-pane", "-p", "-t", self.pane)
        both = self._terminals.ask(*capture, ";", "display", "-p", _BETWEEN, ";", *capture, "-J")
        rows, lines = (half.rstrip().split("\n") for half in both.split(f"{_BETWEEN}\n"))
        return rows, [line.rstrip() for line in lines]

    def shows(self, text: str, *, times: int = 1) -> list[str]:
        """The lines, once `times` of them have the text."""

        def poll() -> list[str] | None:
            lines = self.lines()
            return lines if sum(text in line for line in lines) >= times else None

        return self._until(poll)

    def ended(self) -> int:
        """The command's exit code, once it has ended and all that it drew is there."""

        def poll() -> str | None:
            word, _, code = self._terminals.ask("display", "-p", "-t", self.pane, "#{pane_title}").partition(" ")
            return code if word == "ended" else None

        return int(self._until(poll))

    def _until(self, poll: Callable[[], Answer | None]) -> Answer:
        try:
            return until(poll)
        except TimeoutError:
            raise TimeoutError("\n".join(["waited in vain on this screen:", *self.lines()])) from None


@contextmanager
def terminals(folder: Path, *, columns: int, environment: Mapping[str, str]) -> Iterator[Terminals]:
    """Terminals of so many columns; all that runs in them ends with the block."""
    own = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "TMUX", "TMUX_PANE"}}
    made = Terminals(folder / "tmux", columns=columns, environment=own | dict(environment) | {"LC_ALL": "C.UTF-8"})
    try:
        yield made
    finally:
        made.ask("kill-server")


def read_terminal(descriptor: int) -> bytes:
    """What was written to a pseudo-terminal or a pipe since; empty at its end."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        # A terminal whose last user has gone.
        return b""
