"""What a block of a bench takes: the time on the wall, and the CPU time of the processes that it waited for."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(kw_only=True)
class Usage:
    """Seconds; they are there once the block has ended."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def measured() -> Iterator[Usage]:
    """Counts the children that start and end inside the block, with all that they waited for; not this process."""
    usage = Usage()
    cpu, wall = _cpu_of_children(), time.perf_counter()
    yield usage
    usage.wall, usage.cpu = time.perf_counter() - wall, _cpu_of_children() - cpu


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
