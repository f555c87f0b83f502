"""Lay results into a folder under readable names, never over a file that is there."""

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
from mediaproc.db.views.tasks import Ending
from mediaproc.store.interface import Store

# Bytes of one name, on every file system in use.
_LONGEST_NAME = 255
_PART = ".mediaproc-{}.part"
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})


@dataclass(frozen=True, kw_only=True)
class ResultFolder:
    """A folder that can be written, and the store that what is laid into it comes from."""

    folder: Path
    store: Store
    stop: Event
    _swept: set[Path] = field(default_factory=set, repr=False)

    def lay(self, ending: Ending, *, name: Path) -> Path:
        """The rendition as a file in the folder, called like its source `name`; returns where it is.

        Under its name the file is whole from the first moment. One that holds these very bytes already is left as it
        is, so that a second run adds nothing. Another one of that name is never touched: `clip.mp4` is followed by
        `clip (2).mp4`.

        Raises:
            PartMissing: the folder cannot be written.
            AttemptFailed, Unavailable, Stopped: as `store.get`; AttemptFailed also for other bytes than were made.
        """
        if ending.output_key is None:
            raise ValueError(f"task {ending.id} has no rendition")
        target = self.folder / name
        names = _names(target, suffix=Path(ending.output_key).suffix)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._sweep(target.parent)
            for place in names:
                if _holds(place, ending):
                    return place
                if not os.path.lexists(place):
                    break
            with _part_in(target.parent) as part:
                self._bring(ending, part)
                for candidate in itertools.chain((place,), names):
                    # Somebody else may just have laid it there.
                    if _placed(part, candidate) or _holds(candidate, ending):
                        return candidate
        except OSError as error:
            raise _unwritable(target.parent, error) from error
        raise AssertionError("the names never end")

    def _bring(self, ending: Ending, part: Path) -> None:
        received = self.store.get(str(ending.output_key), part, stop=self.stop, most=ending.output_size)
        if received.sha256 != ending.output_sha256:
            raise AttemptFailed(
                f"The object {ending.output_key} is not what was made: enqueue the file again with --force.",
                error_class=ErrorClass.SOURCE_CORRUPTED,
            )
        with part.open("rb") as file:
            # Bytes before name, also when the power goes.
            os.fsync(file.fileno())

    def _sweep(self, folder: Path) -> None:
        """Remove the parts of processes that are gone, once a run: those of the living are locked."""
        if folder in self._swept:
            return
        self._swept.add(folder)
        for part in folder.glob(_PART.format("*")):
            with suppress(OSError), part.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()


@contextmanager
def result_folder(folder: Path, *, store: Store, stop: Event) -> Iterator[ResultFolder]:
    """The folder, made and tried before anything is done for it, and gone again when it was made for nothing.

    Raises:
        PartMissing: it cannot be written.
    """
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        with _part_in(folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield ResultFolder(folder=folder, store=store, stop=stop)
    finally:
        if made:
            # Only when it is empty.
            with suppress(OSError):
                folder.rmdir()


def _unwritable(folder: Path, error: OSError) -> PartMissing:
    return PartMissing(f"Nothing can be written to {folder}: {error.strerror}.")


@contextmanager
def _part_in(folder: Path) -> Iterator[Path]:
    """A file that no other process uses, or takes for a leftover; without its name after the block."""
    part, descriptor = _new_part(folder)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)
        os.close(descriptor)


def _new_part(folder: Path) -> tuple[Path, int]:
    while True:
        part = folder / _PART.format(uuid4().hex)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        # Where there are no locks nothing is swept.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return part, descriptor
        # Swept before it was locked.
        os.close(descriptor)


def _placed(part: Path, place: Path) -> bool:
    """Whether the part got that name; False when another file has it."""
    try:
        try:
            # A link fails where a rename would replace.
            os.link(part, place)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # This file system has none: the name is taken first, and what a rename then replaces is one's own.
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
            part.replace(place)
    except FileExistsError:
        return False
    return True


def _holds(place: Path, ending: Ending) -> bool:
    """Whether there is a file of that name with the rendition's very bytes."""
    try:
        if not place.is_file() or place.stat().st_size != ending.output_size:
            return False
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == ending.output_sha256
    except PermissionError:
        # Somebody else's.
        return False


def _names(target: Path, *, suffix: str) -> Iterator[Path]:
    yield target.with_name(_fitting(target.stem, suffix))
    for number in itertools.count(2):
        yield target.with_name(_fitting(target.stem, f" ({number}){suffix}"))


def _fitting(stem: str, suffix: str) -> str:
    encoded = os.fsencode(stem)[: _LONGEST_NAME - len(os.fsencode(suffix))]
    try:
        stem.encode()
    except UnicodeEncodeError:
        # Not UTF-8 as it stands: no character can be cut in two.
        return os.fsdecode(encoded) + suffix
    return encoded.decode(errors="ignore") + suffix
