"""Admission by memory: a transcode begins when the memory that it needs is free beside the running ones."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mediaproc import clock
from mediaproc.core.errors import ErrorClass, Stopped, Unavailable
from mediaproc.core.ffmpeg_memory import KEPT_BACK

# Seconds between two looks at whether a waiting transcode shall stop.
_LOOK_EVERY = 0.5
# For how many seconds smaller transcodes may pass one that waits, so that the slots work while it does.
_PASSED_FOR = 60.0
# After how many seconds a waiting transcode gives its slot up. Others may hold the memory for hours: so long this node
# would keep a task that another node could begin at once, and would hold up the smaller ones behind it.
_LONGEST_WAIT = 180.0


class MemoryBudget:
    """The memory of one executor, in bytes, handed out to its transcodes and given back."""

    def __init__(self, usable: int) -> None:
        self._total = int(usable * (1 - KEPT_BACK))
        self._taken = 0
        self._changed = threading.Condition()
        # The waiting transcodes in the order in which they came, each with the time until which others may pass it.
        self._waiting: dict[object, float] = {}

    @property
    def most(self) -> int:
        """The memory that a transcode may have when it runs alone (bytes)."""
        return self._total

    @property
    def free(self) -> int:
        """The memory that is not taken now (bytes)."""
        with self._changed:
            return self._total - self._taken

    @contextmanager
    def reserve(self, size: int, *, stop: threading.Event) -> Iterator[None]:
        """Waits until `size` bytes are free, holds them inside the block, and gives them back.

        Smaller transcodes may pass one that waits, but only for `_PASSED_FOR`: from then on no other is admitted until
        it is admitted or gives up.

        Raises:
            Unavailable: the whole budget is smaller than `size`, or others have held the memory for minutes.
            Stopped: `stop` was set while it waited.
        """
        if size > self._total:
            raise self.too_small(f"The transcode needs {size / 1e9:.1f} GB of memory")
        with self._changed:
            self._wait(size, stop=stop)
            self._taken += size
        with self._giving_back(size):
            yield

    @contextmanager
    def reserve_patiently(self, size: int, *, stop: threading.Event, on_wait: Callable[[], None]) -> Iterator[None]:
        """As `reserve`, but in nobody's way and for as long as it takes; `on_wait` is called before a wait.

        So a task is probed ahead of its encode: it would have to wait for that anyway.

        Raises:
            Stopped: `stop` was set while it waited.
        """
        with self._changed:
            self._wait_patiently(size, stop=stop, on_wait=on_wait)
            self._taken += size
        with self._giving_back(size):
            yield

    @contextmanager
    def _giving_back(self, size: int) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

    def too_small(self, needs: str) -> Unavailable:
        """The error of a transcode that needs more memory than this node has; `needs` begins its sentence."""
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

    def _wait_patiently(self, size: int, *, stop: threading.Event, on_wait: Callable[[], None]) -> None:
        is_first_look = True
        while self._taken + size > self._total or self._is_behind_another(None):
            if stop.is_set():
                raise Stopped("told to stop while waiting for memory")
            if is_first_look:
                is_first_look = False
                on_wait()
            self._changed.wait(_LOOK_EVERY)

    def _is_behind_another(self, me: object) -> bool:
        if not self._waiting:
            return False
        first = next(iter(self._waiting))
        return first is not me and clock.elapsed() >= self._waiting[first]
