"""The scratch disk: one private folder per attempt, always removed; its floor; the leftovers of dead executors."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from mediaproc.core.errors import AttemptFailed, ErrorClass, PartMissing, Unavailable
from mediaproc.core.limits import DISK_FLOOR

_LOCK = "executor.lock"


class Scratch:
    """One executor's folder on the scratch disk, locked as long as the process lives."""

    def __init__(self, root: Path, *, executor_id: UUID) -> None:
        """Make the executor's own folder under `root` and lock it.

        Raises:
            PartMissing: the folder cannot be made or written.
        """
        self.root = root
        self.folder = root / f"executor-{executor_id}"
        try:
            root.mkdir(parents=True, exist_ok=True)
            with self._nobody_else_making_or_sweeping():
                self.folder.mkdir(mode=0o700)
                self._lock = _locked(self.folder / _LOCK)
            total = shutil.disk_usage(self.folder).total
        except OSError as error:
            raise PartMissing(
                f"The scratch folder {root} cannot be written ({error.strerror}):"
                " set MEDIAPROC_SCRATCH to one that can."
            ) from error
        if total <= DISK_FLOOR:
            self.close()
            raise PartMissing(
                f"The scratch disk of {_megabytes(total)} is smaller than the {_megabytes(DISK_FLOOR)} that are left"
                " alone: give MEDIAPROC_SCRATCH a larger one."
            )

    @contextmanager
    def attempt_folder(self, claim_token: UUID) -> Iterator[Path]:
        """A folder that only this attempt uses and only this user may enter; removed when the block ends."""
        folder = self.folder / str(claim_token)
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise Unavailable(
                f"The scratch folder {self.folder} cannot be written ({error.strerror}).",
                error_class=ErrorClass.DISK_FULL,
            ) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def require_room(self, size: int, *, held: int = 0, beside: int = 0) -> None:
        """Passes when `size` bytes fit beside the floor; `held` bytes are on the disk for this attempt already.

        They must also fit `beside` so many bytes that others may still write.

        Raises:
            AttemptFailed: the whole disk is too small, so that releases of the task would never end.
            Unavailable: the bytes do not fit now.
        """
        try:
            disk = shutil.disk_usage(self.folder)
        except OSError as error:
            raise Unavailable(
                f"The scratch folder {self.folder} is not there any more ({error.strerror}): bring its disk back,"
                " or restart the executor.",
                error_class=ErrorClass.DISK_FULL,
            ) from error
        if held + size + DISK_FLOOR > disk.total:
            raise AttemptFailed(
                f"The task wants {_megabytes(held + size)} of scratch space beside the {_megabytes(DISK_FLOOR)} that"
                f" are left alone, and the whole disk has {_megabytes(disk.total)}:"
                " give MEDIAPROC_SCRATCH a larger one.",
                error_class=ErrorClass.DISK_FULL,
            )
        if size + beside + DISK_FLOOR > disk.free:
            floor = f"{_megabytes(DISK_FLOOR)} are left alone"
            wanted = f"the task wants {_megabytes(size)} while {floor}" if size else floor
            raise Unavailable(
                f"The scratch disk has {_megabytes(disk.free)} free, and {wanted}: make room under {self.root},"
                " or give MEDIAPROC_SCRATCH a larger disk.",
                error_class=ErrorClass.DISK_FULL,
            )

    def disk(self) -> tuple[int, int]:
        """The free bytes of the disk, and all.

        Raises OSError where the folder is not there any more.
        """
        disk = shutil.disk_usage(self.folder)
        return disk.free, disk.total

    def sweep(self) -> list[Path]:
        """Removes the folders of executors on this disk that no longer live; returns the removed folders."""
        with self._nobody_else_making_or_sweeping():
            dead = [folder for folder in sorted(self.root.glob("executor-*")) if _is_dead(folder)]
            for folder in dead:
                shutil.rmtree(folder, ignore_errors=True)
        return dead

    def close(self) -> None:
        """Removes the executor's own folder and releases its lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)

    @contextmanager
    def _nobody_else_making_or_sweeping(self) -> Iterator[None]:
        """Excludes other executors: between making a folder and locking it, its executor would look dead."""
        lock = os.open(self.root / ".sweep.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _locked(path: Path) -> int:
    """The descriptor of a file that is locked until the process ends, however it ends."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def _is_dead(folder: Path) -> bool:
    """Whether no process holds the folder's lock."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # The process that made the folder ended before it could lock it.
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
