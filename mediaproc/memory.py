"""Admission by memory: a transcode begins when what it needs fits beside those that run."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mediaproc import clock
from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped

# Of what the process may use, this part is left to the daemon itself and to the page cache.
_KEPT_BACK = 0.2
# Seconds between two looks at a stop that came while waiting.
_LOOK_EVERY = 0.5
# For how many seconds smaller ones may pass one that waits: meanwhile the slots work.
_PASSED_FOR = 60.0


class MemoryBudget:
    """The memory of one executor, in bytes, handed out to its transcodes and given back."""

    def __init__(self, usable: int) -> None:
        self._total = int(usable * (1 - _KEPT_BACK))
        self._taken = 0
        self._changed = threading.Condition()
        # Who waits, in the order in which they came: until when others may pass each.
        self._waiting: dict[object, float] = {}

    @property
    def most(self) -> int:
        """What one transcode may have, alone (bytes)."""
        return self._total

    @contextmanager
    def room_for(self, size: int, *, stop: threading.Event) -> Iterator[None]:
        """Waits until `size` bytes are free, has them inside the block, and gives them back.

        Smaller ones pass one that waits, but not for ever: a while after it came nobody is let in before it.

        Raises:
            AttemptFailed: they never will be, the whole budget is smaller; to release the task would go on for ever.
            Stopped: `stop` was set while it waited.
        """
        if size > self._total:
            raise AttemptFailed(
                f"The transcode needs {size / 1e9:.1f} GB of memory, and this executor may use"
                f" {self._total / 1e9:.1f} GB:"
                " run it on a larger node, or lower the profile's size.",
                error_class=ErrorClass.OUT_OF_MEMORY,
            )
        with self._changed:
            self._wait(size, stop=stop)
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

    def _wait(self, size: int, *, stop: threading.Event) -> None:
        me = object()
        self._waiting[me] = clock.elapsed() + _PASSED_FOR
        try:
            while self._taken + size > self._total or self._is_behind_another(me):
                if stop.is_set():
                    raise Stopped("told to stop while waiting for memory")
                self._changed.wait(_LOOK_EVERY)
        finally:
            del self._waiting[me]
            self._changed.notify_all()

    def _is_behind_another(self, me: object) -> bool:
        first = next(iter(self._waiting))
        return first is not me and clock.elapsed() >= self._waiting[first]
