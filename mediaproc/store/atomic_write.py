"""What is being written into a folder: under a name of its own, until it is whole and on the disk."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o700
# No key can name it, since no part of a key begins with a dot.
_FOLDER = ".incoming"


@dataclass(frozen=True, kw_only=True)
class HalfWritten:
    """A file of this process alone, open for writing."""

    file: BinaryIO
    path: Path


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """The half-written files of a store, in a folder on the disk of its objects."""

    root: Path

    @contextmanager
    def new(self) -> Iterator[HalfWritten]:
        """A new file, removed after the block unless it was published inside."""
        self._folder.mkdir(mode=PRIVATE, exist_ok=True)
        written = _new_file(self._folder)
        try:
            with written.file:
                yield written
        finally:
            written.path.unlink(missing_ok=True)

    def publish(self, written: HalfWritten, *, place: Path) -> None:
        """The file gets its own name once its bytes are on the disk, and the name is on the disk when this returns."""
        written.file.flush()
        os.fsync(written.file.fileno())
        folders = [place.parent, *(folder for folder in place.parent.parents if folder.is_relative_to(self.root))]
        for folder in reversed(folders):
            folder.mkdir(mode=PRIVATE, exist_ok=True)
        written.path.replace(place)
        for folder in folders:
            sync_folder(folder)

    def remove_leftovers(self) -> None:
        """Of processes that are gone."""
        for path in self._folder.iterdir():
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    @property
    def _folder(self) -> Path:
        return self.root / _FOLDER


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _new_file(folder: Path) -> HalfWritten:
    """A file that no other process takes for a leftover: they remove only what they can lock."""
    while True:
        descriptor, name = tempfile.mkstemp(dir=folder)
        written = HalfWritten(file=os.fdopen(descriptor, "wb"), path=Path(name))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return written
        # Somebody removed it before it was locked.
        written.file.close()
