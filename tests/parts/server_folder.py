"""Folders for the servers of a test run: in memory where there is plenty, since on a disk each database is dear."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it are made by mkdtemp
_PREFIX = "mediaproc-tests-"
# Bytes that must be free before a server goes there; one of the tests takes some hundred MB.
_PLENTY = 6 * 1024**3


@contextmanager
def server_folder() -> Iterator[Path]:
    """A new folder, removed with the block; outside of pytest's, which only their owner may enter.

    Under root a server runs as another user. A bench outside of a run of tests measures with the disk.
    """
    parent = _MEMORY if "PYTEST_VERSION" in os.environ and _has_plenty(_MEMORY) else None
    if parent is not None:
        _remove_what_killed_runs_left(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_plenty(folder: Path) -> bool:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return False
    return min(free, psutil.virtual_memory().available) >= _PLENTY and os.access(folder, os.W_OK)


def _remove_what_killed_runs_left(parent: Path) -> None:
    """On a disk it would only be in the way; here it is memory."""
    for left in parent.glob(f"{_PREFIX}*-*"):
        maker = left.name.removeprefix(_PREFIX).partition("-")[0]
        if maker.isdigit() and not psutil.pid_exists(int(maker)):
            shutil.rmtree(left, ignore_errors=True)
