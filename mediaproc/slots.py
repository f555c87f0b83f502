"""Admission by slots: an executor runs as many encodes at the same time as it has slots, the others wait for one."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mediaproc.core.errors import Stopped

# Seconds between two looks at whether an attempt that waits shall stop.
_LOOK_EVERY = 0.5


class Slots:
    """Handed out by the tasks' positions, then in the order in which the attempts came to wait; thread-safe.

    A slot belongs to an encode and not to an attempt: while the encodes run, other attempts download, verify, upload.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self._changed = threading.Condition()
        self._arrivals = itertools.count()
        # Those that wait: the least one is next.
        self._line: set[tuple[float, int]] = set()

    @property
    def taken(self) -> int:
        """How many encodes have a slot now."""
        with self._changed:
            return self._taken

    @contextmanager
    def take(self, *, position: float, stop: threading.Event, on_wait: Callable[[], None]) -> Iterator[None]:
        """Waits until a slot is free, holds it inside the block, and gives it back.

        `on_wait` is called where there is none at first, before the wait.

        Raises:
            Stopped: `stop` was set while it waited.
        """
        with self._changed:
            self._await_turn((position, next(self._arrivals)), stop=stop, on_wait=on_wait)
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def _await_turn(self, me: tuple[float, int], *, stop: threading.Event, on_wait: Callable[[], None]) -> None:
        self._line.add(me)
        try:
            if not self._is_turn_of(me):
                on_wait()
            while not self._is_turn_of(me):
                if stop.is_set():
                    raise Stopped("told to stop while waiting for a slot")
                self._changed.wait(_LOOK_EVERY)
        finally:
            self._line.remove(me)
            # Where several slots are free, the one behind may take the next.
            self._changed.notify_all()

    def _is_turn_of(self, me: tuple[float, int]) -> bool:
        return self._taken < self._count and min(self._line) == me
