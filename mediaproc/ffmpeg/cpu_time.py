"""The CPU time that children cost, whatever became of them: what an attempt's row says of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from os import sysconf
from pathlib import Path

# Places in /proc/PID/stat behind the program's name: the session; user and system time, its own and that of the
# children that it waited for (clock ticks).
_SESSION, _TIMES = 3, slice(11, 15)


@dataclass
class Spent:
    """The CPU seconds of the children that have ended so far."""

    seconds: float = 0.0


_METER: ContextVar[Spent | None] = ContextVar("spent", default=None)


@contextmanager
def metered(spent: Spent) -> Iterator[None]:
    """Counts every child that this thread runs inside the block: a child is reaped by the thread that started it."""
    before = _METER.set(spent)
    try:
        yield
    finally:
        _METER.reset(before)


def count(seconds: float) -> None:
    """Adds what a child cost."""
    spent = _METER.get()
    if spent is not None:
        spent.seconds += seconds


def of_session(leader: int) -> float:
    """CPU seconds so far of all processes in this process's session, with those that they waited for.

    To be asked before they are killed: the kernel forgets what a process cost that dies after the one that would have
    waited for it.
    """
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            facts = _facts(folder)
            if len(facts) >= _TIMES.stop and facts[_SESSION] == str(leader):
                ticks += sum(map(int, facts[_TIMES]))
    return ticks / sysconf("SC_CLK_TCK")


def _facts(process: Path) -> list[str]:
    """What /proc/PID/stat says behind the program's name; empty of one that has gone meanwhile."""
    try:
        return (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
