"""Reads a source file: its checksum, which identifies it, its size, and its first bytes."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import BinaryIO

from mediaproc.core.errors import BadSource, ErrorClass, Stopped
from mediaproc.core.safe_text import shown
from mediaproc.core.source_type import SIGNATURE_SIZE
from mediaproc.enqueue.safe_open import opened_beneath, require_file

_CHUNK = 1024 * 1024
_LONGEST_NAME = 255


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file as it was when all of it was read; `size` in bytes, `head` its first bytes.

    `name` is what its uploader calls it, where that is not the path's.

    `state` is what changes when another file takes its place or something writes to it.
    """

    path: Path
    sha256: str
    size: int
    head: bytes
    state: tuple[int, ...]
    name: str | None = None

    @property
    def filename(self) -> str:
        """The file's name, made safe to store and to show."""
        return shown(self.path.name if self.name is None else self.name, limit=_LONGEST_NAME)

    def is_still(self, path: Path) -> bool:
        """Whether the file at this path, which is no link, is the one that was read, and as it was then."""
        try:
            return _state(path.stat(follow_symlinks=False)) == self.state
        except OSError:
            return False


def read_source_file(path: Path, *, stop: Event, within: Path | None = None) -> SourceFile:
    """The source at `path`, every byte of it read once; below the folder `within` no link is followed.

    The upload that follows must have the checksum of this reading. The facts of the probe are kept only where the file
    is then still as it was.

    Raises:
        BadSource: the path is not there, is no file, cannot be read, or is empty; or a part below `within` is a link.
        Stopped: `stop` was set.
    """
    if "\0" in str(path):
        raise _refused("The name holds a NUL byte: give one name per line.")
    try:
        if within is not None:
            with opened_beneath(within, name=path.relative_to(within)) as file:
                return _read(file, path=path, stop=stop)
        # The mode is read before the file is opened: opening a pipe waits for its writer.
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            # The caller names a folder only where it could not list it; this raises the reason.
            os.scandir(path).close()
        require_file(mode)
        with path.open("rb") as file:
            return _read(file, path=path, stop=stop)
    except FileNotFoundError:
        link = path.is_symlink()
        raise _refused(f"{'The link leads nowhere' if link else 'There is no such file'}: check the path.") from None
    except OSError as error:
        raise _refused(f"It cannot be read ({error.strerror}).") from error


def _read(file: BinaryIO, *, path: Path, stop: Event) -> SourceFile:
    # Before the first byte is read, so that it tells of every later write.
    state = _state(os.fstat(file.fileno()))
    digest = hashlib.sha256()
    size = 0
    head = b""
    while chunk := file.read(_CHUNK):
        if stop.is_set():
            raise Stopped("Told to stop while reading a source.")
        head = head or chunk[:SIGNATURE_SIZE]
        digest.update(chunk)
        size += len(chunk)
    if size == 0:
        raise BadSource("The file is empty: upload the original recording.", error_class=ErrorClass.EMPTY)
    return SourceFile(path=path, sha256=digest.hexdigest(), size=size, head=head, state=state)


def _state(status: os.stat_result) -> tuple[int, ...]:
    """No write, no rename and no other file leaves all of them as they are; only the kernel sets the change time."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _refused(sentence: str) -> BadSource:
    return BadSource(sentence, error_class=ErrorClass.UNREADABLE)
