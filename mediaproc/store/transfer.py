"""Moves bytes to and from a store: counted, hashed, stopped; and translates the errors of files and disks."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import BinaryIO, Self

from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped, Unavailable
from mediaproc.store.interface import CHUNK, Received

_FULL = {errno.ENOSPC, errno.EDQUOT}


class UploadedFile:
    """A file to upload, of `size` bytes; its read errors become AttemptFailed, never a fault of the store."""

    def __init__(self, path: Path) -> None:
        with _read_errors_translated():
            # Without a buffer: it would be one more copy of every byte.
            self._file = path.open("rb", buffering=0)
            self.size = os.fstat(self._file.fileno()).st_size

    def read(self, size: int) -> bytes:
        """The next bytes, empty at the end."""
        with _read_errors_translated():
            return self._file.read(size) or b""

    def rewind(self) -> None:
        """Read from the beginning again."""
        with _read_errors_translated():
            self._file.seek(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()


@contextmanager
def _read_errors_translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AttemptFailed(
            f"The file could not be read to its end while it was being uploaded ({error.strerror}).",
            error_class=ErrorClass.SOURCE_CORRUPTED,
        ) from error


class CheckedReader:
    """A file's `size` bytes; the last piece is returned only if all bytes together have the promised checksum."""

    def __init__(self, file: UploadedFile, *, sha256: str) -> None:
        self.size = file.size
        self.sha256 = sha256
        self._file = file
        self._left = file.size
        self._digest = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, all at once; never more than the file had."""
        # Of an empty file a byte is asked for, since it may have grown, or be none that can be read.
        piece = self._file.read(min(size, self._left) if self.size else 1)
        self._digest.update(piece)
        self._left -= len(piece)
        if self._left <= 0 or not piece:
            require_unchanged(self._digest.hexdigest(), promised=self.sha256)
        return piece

    def tell(self) -> int:
        """How many bytes were read."""
        return self.size - self._left

    def seek(self, offset: int, _whence: int = 0, /) -> int:
        """Begin again: a request is sent once more as a whole or not at all."""
        if offset:
            raise OSError(errno.ESPIPE, "only the beginning can be sought")
        self._file.rewind()
        self._left, self._digest = self.size, hashlib.sha256()
        return 0


def copy(
    read: Callable[[int], bytes],
    target: BinaryIO,
    *,
    stop: Event,
    on_bytes: Callable[[int], None],
    most: int | None = None,
) -> Received:
    """Writes all that `read` returns, until it returns nothing, to `target`.

    Raises:
        AttemptFailed: more than `most` bytes came; no more than `most` are written.
        Stopped: `stop` was set.
    """
    digest = hashlib.sha256()
    size = 0
    while piece := read(CHUNK):
        raise_when(stop)
        if most is not None and size + len(piece) > most:
            raise AttemptFailed(
                f"More than the {most} bytes came that were stored: the object was replaced, or something on the way"
                " changes it; restore it, or delete it and enqueue the file again, then retry its task"
                " (`mediaproc tasks retry`).",
                error_class=ErrorClass.SOURCE_CORRUPTED,
            )
        target.write(piece)
        digest.update(piece)
        size += len(piece)
        on_bytes(len(piece))
    return Received(size=size, sha256=digest.hexdigest())


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[None]:
    """Removes the file at `path` when the block raises; a full disk becomes Unavailable."""
    try:
        with full_disk_translated(path.parent):
            yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def full_disk_translated(folder: Path) -> Iterator[None]:
    """A full disk inside becomes Unavailable; `folder` is on that disk. Other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise Unavailable(
            f"The disk under {folder} is full: make room there.", error_class=ErrorClass.DISK_FULL
        ) from error


def raise_when(stop: Event) -> None:
    """Raises Stopped once `stop` is set."""
    if stop.is_set():
        raise Stopped("The transfer was told to stop.")


def require_unchanged(sha256: str, *, promised: str) -> None:
    """Raises AttemptFailed unless an uploaded file has the checksum that was promised for it."""
    if sha256 != promised:
        raise AttemptFailed(
            "The file changed while it was being uploaded: try again when nothing writes to it.",
            error_class=ErrorClass.SOURCE_CORRUPTED,
        )


def require_intact(sha256: str, *, promised: str | None, key: str) -> None:
    """Raises AttemptFailed unless a downloaded object has the checksum that it was stored with."""
    if promised is not None and sha256 != promised:
        raise AttemptFailed(
            f"The object {key} has not the checksum that it was stored with: delete it, enqueue the file again, and"
            " retry its task (`mediaproc tasks retry`).",
            error_class=ErrorClass.SOURCE_CORRUPTED,
        )


def missing(key: str, *, bucket: str) -> AttemptFailed:
    """The error for an object that should be there."""
    return AttemptFailed(
        f"The object {key} is not in {bucket} any more: enqueue the file again, and retry its task"
        " (`mediaproc tasks retry`).",
        error_class=ErrorClass.SOURCE_MISSING,
    )
