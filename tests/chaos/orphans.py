"""Finds every process that a run's executors leave behind, also one whose parent has ended."""

import ctypes
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_MEDIA = ("ffmpeg", "ffprobe", "bwrap")
_LOOK_EVERY = 0.05


@contextmanager
def adopt_orphans() -> Iterator[None]:
    """Inside the block this process is the subreaper: an orphan among its descendants becomes its child."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def left_running() -> list[str]:
    """The ffmpeg, ffprobe and bubblewrap among this process's descendants, as `name pid`."""
    return [
        _label(process)
        for process in psutil.Process().children(recursive=True)
        if not _has_ended(process) and _label(process).startswith(_MEDIA)
    ]


def outlived(children: Iterable[psutil.Process], *, patience: float = 30.0) -> list[str]:
    """The children of a killed process that live on for `patience` seconds; reaps adopted children that ended."""
    alive, pause = list(children), threading.Event()
    for _ in range(int(patience / _LOOK_EVERY)):
        alive = [child for child in alive if not _has_ended(child)]
        if not alive:
            return []
        pause.wait(_LOOK_EVERY)
    return [_label(child) for child in alive]


def _has_ended(process: psutil.Process) -> bool:
    try:
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            return False
    except psutil.NoSuchProcess:
        return True
    # The process is another parent's child, or is reaped already.
    with suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    return True


def _label(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return f"{process.name()} {process.pid}"
    return f"? {process.pid}"
