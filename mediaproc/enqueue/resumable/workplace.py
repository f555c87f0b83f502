"""What a server needs once there is an upload: an enqueuer, and room on the scratch disk."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from mediaproc.disk_room import DiskRoom
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.scratch import Scratch


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """The opened parts; `scratch` is this server's alone."""

    enqueuer: Enqueuer
    scratch: Scratch
    room: DiskRoom


class LazyWorkplace:
    """A workplace that is opened by the first who needs it; thread-safe."""

    def __init__(self, *, scratch_root: Path, make_enqueuer: Callable[[], Enqueuer]) -> None:
        self._scratch_root = scratch_root
        self._make_enqueuer = make_enqueuer
        self._lock = threading.Lock()
        self._opened: Workplace | None = None

    def get(self) -> Workplace:
        """The workplace, opened once.

        Raises:
            Unavailable, PartMissing: ffmpeg or scratch; the next call tries again.
        """
        with self._lock:
            if self._opened is None:
                enqueuer = self._make_enqueuer()
                scratch = Scratch(self._scratch_root, executor_id=uuid4())
                # Those of servers that were killed.
                scratch.sweep()
                self._opened = Workplace(enqueuer=enqueuer, scratch=scratch, room=DiskRoom(scratch))
            return self._opened

    def close(self) -> None:
        """Remove the scratch folder, once nobody works in it any more."""
        with self._lock:
            opened = self._opened
        if opened is not None:
            opened.scratch.close()
