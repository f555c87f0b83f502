"""Write files atomically: each is staged under a temporary name, and gets its own once it is whole and on the disk."""

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
class StagedFile:
    """A file of this process alone, open for writing."""

    file: BinaryIO
    path: Path


@dataclass(frozen=True, kw_only=True)
class StagingFolder:
    """The folder of a store's half-written files, on the disk of its objects."""

    root: Path

    @contextmanager
    def stage(self) -> Iterator[StagedFile]:
        """A new file, removed at the block's end unless it was published inside."""
        self._folder.mkdir(mode=PRIVATE, exist_ok=True)
        staged = _new_file(self._folder)
        try:
            with staged.file:
                yield staged
        finally:
            staged.path.unlink(missing_ok=True)

    def publish(self, staged: StagedFile, *, place: Path) -> None:
        """Gives the file its own name once its bytes are on the disk; the name is on the disk when this returns."""
        staged.file.flush()
        os.fsync(staged.file.fileno())
        folders = [place.parent, *(folder for folder in place.parent.parents if folder.is_relative_to(self.root))]
        for folder in reversed(folders):
            folder.mkdir(mode=PRIVATE, exist_ok=True)
        staged.path.replace(place)
        for folder in folders:
            sync_folder(folder)

    def remove_leftovers(self) -> None:
        """Removes the files that processes which are gone left half written."""
        for path in self._folder.iterdir():
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    @property
    def _folder(self) -> Path:
        return self.root / _FOLDER


def sync_folder(folder: Path) -> None:
    """Returns when the names in the folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _new_file(folder: Path) -> StagedFile:
    """A locked file: no other process takes it for a leftover, since each removes only what it can lock."""
    while True:
        descriptor, name = tempfile.mkstemp(dir=folder)
        staged = StagedFile(file=os.fdopen(descriptor, "wb"), path=Path(name))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return staged
        # Another process removed it before it was locked here.
        staged.file.close()
