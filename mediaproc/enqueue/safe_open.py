"""Opens a file inside a folder without following a link, whatever was exchanged since the folder was read."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from mediaproc.core.errors import BadSource, ErrorClass

_LINKED = {errno.ELOOP, errno.ENOTDIR}


@contextmanager
def opened_beneath(folder: Path, *, name: Path) -> Iterator[BinaryIO]:
    """The file `name` in `folder`; the folder itself may be a link, since a person named it.

    Raises:
        BadSource: a part of `name` is a link, or the last one is no file.
        OSError: the file is not there or cannot be read.
    """
    with folder_beneath(folder, name=name.parent) as within:
        # Checked before it is opened, since opening may wake a device; and again after that, since it may be another.
        _require_file(os.stat(name.name, dir_fd=within, follow_symlinks=False))
        # O_NONBLOCK: a pipe that took its place since the check is opened without waiting for its writer.
        file = _open(name.name, os.O_NONBLOCK, within=within)
    with os.fdopen(file, "rb") as opened:
        _require_file(os.fstat(file))
        yield opened


@contextmanager
def folder_beneath(folder: Path, *, name: Path, makes: bool = False) -> Iterator[int]:
    """The descriptor of the folder `name` in `folder`, closed with the block; with `makes`, made where it is missing.

    Raises:
        BadSource: a part of `name` is a link, or no folder.
        OSError: a part is not there, or may not be entered or made.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in name.parts:
            if makes:
                with suppress(FileExistsError):
                    os.mkdir(part, mode=0o755, dir_fd=descriptor)
            inner = _open(part, os.O_DIRECTORY, within=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _open(name: str, flags: int, *, within: int) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=within)
    except OSError as error:
        if error.errno in _LINKED:
            raise _linked() from error
        raise


def _require_file(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise _linked()
    require_file(status.st_mode)


def require_file(mode: int) -> None:
    """Raises BadSource unless this is the mode of a regular file."""
    if not stat.S_ISREG(mode):
        raise BadSource(
            "This is no file but something else, such as a folder or a device.", error_class=ErrorClass.UNREADABLE
        )


def _linked() -> BadSource:
    return BadSource(
        "A link stands in its path since the folder was looked through, and no link inside a folder is followed: name"
        " the file itself.",
        error_class=ErrorClass.UNREADABLE,
    )
