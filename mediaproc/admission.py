"""Admission by memory: a transcode begins when what it needs fits beside those that run."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mediaproc import clock
from mediaproc.core.errors import ErrorClass, Stopped, Unavailable
from mediaproc.core.memory_figures import KEPT_BACK

# Seconds between two looks at a stop that came while waiting.
_LOOK_EVERY = 0.5
# For how many seconds smaller ones may pass one that waits: meanwhile the slots work.
_PASSED_FOR = 60.0
# After how many seconds in vain it gives its slot to others: an encode may go on for hours, for which the node would
# keep from every other node what that could begin at once, and from its own slots the smaller ones behind it.
_LONGEST_WAIT = 180.0


class MemoryBudget:
    """The memory of one executor, in bytes, handed out to its transcodes and given back."""

    def __init__(self, usable: int) -> None:
        self._total = int(usable * (1 - KEPT_BACK))
        self._taken = 0
        self._changed = threading.Condition()
        # Who waits, in the order in which they came: until when others may pass each.
        self._waiting: dict[object, float] = {}

    @property
    def most(self) -> int:
        """What one transcode may have, alone (bytes)."""
        return self._total

    @contextmanager
    def reserve(self, size: int, *, stop: threading.Event) -> Iterator[None]:
        """Waits until `size` bytes are free, has them inside the block, and gives them back.

        Smaller ones pass one that waits, but not for ever: a while after it came nobody is let in before it, until it
        is let in or gives up.

        Raises:
            Unavailable: they never will be, the whole budget is smaller; or others have held them for minutes.
            Stopped: `stop` was set while it waited.
        """
        if size > self._total:
            raise self.too_small(f"The transcode needs {size / 1e9:.1f} GB of memory")
        with self._changed:
            self._wait(size, stop=stop)
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

    def too_small(self, needs: str) -> Unavailable:
        """The error of what this node will never have the memory for; `needs` begins its sentence."""
        return Unavailable(
            f"{needs}, and this executor may use {self._total / 1e9:.1f} GB: a larger node may take it;"
            " where there is none, add one, or lower the profile's size.",
            error_class=ErrorClass.NODE_TOO_SMALL,
        )

    def _wait(self, size: int, *, stop: threading.Event) -> None:
        me, since = object(), clock.elapsed()
        self._waiting[me] = since + _PASSED_FOR
        try:
            while self._taken + size > self._total or self._is_behind_another(me):
                if stop.is_set():
                    raise Stopped("told to stop while waiting for memory")
                if clock.elapsed() - since > _LONGEST_WAIT:
                    raise Unavailable(
                        f"Other transcodes of this node have held the {size / 1e9:.1f} GB of memory that it needs for"
                        f" {_LONGEST_WAIT / 60:.0f} minutes; another node may take it.",
                        error_class=ErrorClass.MEMORY_TAKEN,
                    )
                self._changed.wait(_LOOK_EVERY)
        finally:
            del self._waiting[me]
            self._changed.notify_all()

    def _is_behind_another(self, me: object) -> bool:
        first = next(iter(self._waiting))
        return first is not me and clock.elapsed() >= self._waiting[first]
