"""Admission by scratch space: what is promised to attempts that run is not given to the next one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from mediaproc.core.errors import Stopped, Unavailable
from mediaproc.scratch import Scratch

# Seconds between two looks at whether there is room now, and at whether an attempt that waits shall stop.
_LOOK_EVERY = 0.5


class DiskRoom:
    """The room on one executor's scratch disk, promised to its attempts by their folders; thread-safe."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._changed = threading.Condition()
        # How many bytes each attempt's folder may come to hold in all.
        self._promised: dict[Path, int] = {}
        self._waiting: set[Path] = set()

    @contextmanager
    def attempt_folder(self, claim_token: UUID) -> Iterator[Path]:
        """As `Scratch.attempt_folder`; what is promised to it inside the block is free again when it is removed."""
        folder = None
        try:
            with self._scratch.attempt_folder(claim_token) as folder:
                yield folder
        finally:
            with self._changed:
                if folder is not None:
                    self._promised.pop(folder, None)
                self._changed.notify_all()

    def promise(
        self, folder: Path, size: int, *, held: int = 0, stop: threading.Event, on_wait: Callable[[], None]
    ) -> None:
        """Promise the folder `size` bytes beside the `held` ones that it has, and wait until it can have them.

        It waits as long as others work with what they were promised: an outage is only what no end of theirs can mend.
        `on_wait` is called before a wait.

        Raises:
            AttemptFailed, Unavailable: as `Scratch.require_room`.
            Stopped: `stop` was set while it waited.
        """
        with self._changed:
            self._waiting.add(folder)
            try:
                self._await(folder, size, held=held, stop=stop, on_wait=on_wait)
                self._promised[folder] = held + size
            finally:
                self._waiting.remove(folder)
                self._changed.notify_all()

    def _await(self, folder: Path, size: int, *, held: int, stop: threading.Event, on_wait: Callable[[], None]) -> None:
        has_waited = False
        while not self._fits(folder, size, held=held):
            if stop.is_set():
                raise Stopped("told to stop while waiting for scratch space")
            if not self._promised.keys() - self._waiting:
                # Nobody works whose end could make room: it is tried all the same, if there is room at this moment.
                self._scratch.require_room(size, held=held)
                return
            if not has_waited:
                has_waited = True
                on_wait()
            self._changed.wait(_LOOK_EVERY)

    def _fits(self, folder: Path, size: int, *, held: int) -> bool:
        """Whether there is room beside all that the others may still write."""
        others = sum(max(0, most - _bytes_in(each)) for each, most in self._promised.items() if each != folder)
        try:
            self._scratch.require_room(size, held=held, beside=others)
        except Unavailable:
            return False
        return True


def _bytes_in(folder: Path) -> int:
    """What the folder holds now, with the folders in it; 0 when it has just gone."""
    try:
        return sum(file.stat().st_size for file in folder.rglob("*") if not file.is_dir())
    except OSError:
        return 0
