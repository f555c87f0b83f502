"""The CPU time that children cost, whatever became of them; an attempt's row holds the sum."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from os import sysconf
from pathlib import Path

# Fields of /proc/PID/stat behind the program's name: the session; user and system time of the process and of the
# children that it waited for (clock ticks).
_SESSION, _TIMES = 3, slice(11, 15)


@dataclass
class Spent:
    """The CPU seconds of the children that have ended so far."""

    seconds: float = 0.0


_METER: ContextVar[Spent | None] = ContextVar("spent", default=None)


@contextmanager
def metered(spent: Spent) -> Iterator[None]:
    """Counts every child that this thread runs inside the block; the thread that starts a child also reaps it."""
    before = _METER.set(spent)
    try:
        yield
    finally:
        _METER.reset(before)


def count(seconds: float) -> None:
    """Adds the CPU seconds of one child."""
    spent = _METER.get()
    if spent is not None:
        spent.seconds += seconds


def of_session(leader: int) -> float:
    """CPU seconds so far of all processes in the session of `leader`, with those of the children they waited for.

    Read before they are killed: the kernel forgets the cost of a process whose parent dies first.
    """
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            facts = _facts(folder)
            if len(facts) >= _TIMES.stop and facts[_SESSION] == str(leader):
                ticks += sum(map(int, facts[_TIMES]))
    return ticks / sysconf("SC_CLK_TCK")


def _facts(process: Path) -> list[str]:
    """The fields of /proc/PID/stat behind the program's name; empty where the process has gone."""
    try:
        return (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
