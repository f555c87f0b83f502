"""Folders for the servers of a test run: in memory where there is plenty, since on a disk each database is dear."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it are made by mkdtemp
_PREFIX = "mediaproc-server-"
# Bytes that must be free before a server goes there; one of the tests takes some hundred MB.
_PLENTY = 6 * 1024**3


@contextmanager
def server_folder() -> Iterator[Path]:
    """A new folder, removed with the block; outside of pytest's, which only their owner may enter.

    Under root a server runs as another user. A bench outside of a run of tests measures with the disk.
    """
    in_memory = "PYTEST_VERSION" in os.environ and _has_plenty(_MEMORY)
    if in_memory:
        _remove_what_killed_runs_left(_MEMORY)
    made = Path(tempfile.mkdtemp(prefix="mediaproc-new-", dir=_MEMORY if in_memory else None))
    made.chmod(0o711)
    lock = os.open(made, os.O_RDONLY)
    try:
        # It gets its name once it is locked, so that nobody takes it for one that was left.
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = made.rename(made.with_name(made.name.replace("mediaproc-new-", _PREFIX)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _has_plenty(folder: Path) -> bool:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return False
    return min(free, psutil.virtual_memory().available) >= _PLENTY and os.access(folder, os.W_OK)


def _remove_what_killed_runs_left(parent: Path) -> None:
    """On a disk it would only be in the way; here it is memory."""
    for left in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            lock = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)
