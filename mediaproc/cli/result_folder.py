"""The folder of results: each rendition is saved under a readable name and replaces no other file."""

import errno
import fcntl
import hashlib
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

from mediaproc.core.errors import AttemptFailed, ErrorClass, PartMissing
from mediaproc.db.views.attempts import Ending
from mediaproc.store.interface import Store

# The most bytes of one name, on every file system in use.
_LONGEST_NAME = 255
_TEMPORARY_NAME = ".mediaproc-{}.part"
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})


@dataclass(frozen=True, kw_only=True)
class ResultFolder:
    """A folder that can be written, and the store from which the renditions come."""

    folder: Path
    store: Store
    stop: Event
    _cleaned: set[Path] = field(default_factory=set, repr=False)

    def save(self, ending: Ending, *, name: Path) -> Path:
        """Save the rendition as a file in the folder, named like its source `name`; returns its path.

        The file gets its name when it is whole. A file with the same bytes stays as it is, so that a second run adds
        nothing. A file with the same name and other bytes is never touched: the new one is then `clip (2).mp4`.

        Raises:
            PartMissing: the folder cannot be written.
            AttemptFailed, Unavailable, Stopped: as `store.get`; AttemptFailed also for an object with other bytes than
                those that the executor uploaded.
        """
        if ending.output_key is None:
            raise ValueError(f"task {ending.id} has no rendition")
        target = self.folder / name
        names = _candidate_names(target, suffix=Path(ending.output_key).suffix)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._remove_leftovers(target.parent)
            for place in names:
                if _has_content(place, ending):
                    return place
                if not os.path.lexists(place):
                    break
            with _temporary_file(target.parent) as file:
                self._download(ending, file)
                for candidate in itertools.chain((place,), names):
                    # Another process may have saved the same result since the look above.
                    if _gave_name(file, candidate) or _has_content(candidate, ending):
                        return candidate
        except OSError as error:
            raise _not_writable(target.parent, error) from error
        raise AssertionError("the names never end")

    def _download(self, ending: Ending, file: Path) -> None:
        received = self.store.get(str(ending.output_key), file, stop=self.stop, most=ending.output_size)
        if received.sha256 != ending.output_sha256:
            raise AttemptFailed(
                f"The object {ending.output_key} is not what was made: enqueue the file again with --force.",
                error_class=ErrorClass.SOURCE_CORRUPTED,
            )
        with file.open("rb") as opened:
            # The bytes are on the disk before the name is, even when the power fails.
            os.fsync(opened.fileno())

    def _remove_leftovers(self, folder: Path) -> None:
        """Remove the temporary files of processes that are gone, once a run; a living process has its own locked."""
        if folder in self._cleaned:
            return
        self._cleaned.add(folder)
        for file in folder.glob(_TEMPORARY_NAME.format("*")):
            with suppress(OSError), file.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                file.unlink()


@contextmanager
def result_folder(folder: Path, *, store: Store, stop: Event) -> Iterator[ResultFolder]:
    """The folder, made and tested before any work is done; removed at the end if it was made here and is empty.

    Raises:
        PartMissing: the folder cannot be written.
    """
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        with _temporary_file(folder):
            pass
    except OSError as error:
        raise _not_writable(folder, error) from error
    try:
        yield ResultFolder(folder=folder, store=store, stop=stop)
    finally:
        if made:
            # rmdir refuses a folder that is not empty.
            with suppress(OSError):
                folder.rmdir()


def _not_writable(folder: Path, error: OSError) -> PartMissing:
    return PartMissing(f"Nothing can be written to {folder}: {error.strerror}.")


@contextmanager
def _temporary_file(folder: Path) -> Iterator[Path]:
    """A new file, locked, so that no other process takes it for a leftover; its name is removed after the block."""
    file, descriptor = _new_temporary_file(folder)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _new_temporary_file(folder: Path) -> tuple[Path, int]:
    while True:
        file = folder / _TEMPORARY_NAME.format(uuid4().hex)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        # On a file system without locks no process removes leftovers either.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return file, descriptor
        # Another process removed the file before it was locked.
        os.close(descriptor)


def _gave_name(file: Path, place: Path) -> bool:
    """Give the file that name; False when another file has it."""
    try:
        try:
            # A link fails where a rename would replace.
            os.link(file, place)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # This file system has no links: take the name with an empty file, which the rename then replaces.
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
            file.replace(place)
    except FileExistsError:
        return False
    return True


def _has_content(place: Path, ending: Ending) -> bool:
    """Whether a file of that name has the same bytes as the rendition."""
    try:
        if not place.is_file() or place.stat().st_size != ending.output_size:
            return False
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == ending.output_sha256
    except PermissionError:
        # Another user's file.
        return False


def _candidate_names(target: Path, *, suffix: str) -> Iterator[Path]:
    yield target.with_name(_shortened(target.stem, suffix))
    for number in itertools.count(2):
        yield target.with_name(_shortened(target.stem, f" ({number}){suffix}"))


def _shortened(stem: str, suffix: str) -> str:
    encoded = os.fsencode(stem)[: _LONGEST_NAME - len(os.fsencode(suffix))]
    try:
        stem.encode()
    except UnicodeEncodeError:
        # Not UTF-8 as it stands: no character can be cut in two.
        return os.fsdecode(encoded) + suffix
    return encoded.decode(errors="ignore") + suffix
