"""The files that a command's PATH arguments mean: files, folders with all that is in them, `-` for a list."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import WrongUse


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to take, and its name relative to what was named: how its results are called."""

    path: Path
    name: Path


def find_sources(paths: Sequence[str], *, leave_out: Path | None = None) -> Iterator[Source]:
    """Every file meant, in the order given, those of a folder by name.

    What is not there comes too, and of a folder also what is no file and what cannot be looked into, for whoever takes
    it to say so. Hidden files inside folders are left out, folders that are only linked there, and everything under
    `leave_out`, so that results are never taken for sources.

    Raises:
        WrongUse: a path is empty.
    """
    for written in paths:
        if not written:
            # To Path it would mean the current folder; to a script it was a variable that nobody set.
            raise WrongUse("A PATH is empty: name a file or a folder, `.` for the current one.")
        for path in _listed() if written == "-" else (Path(written),):
            if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
                yield from _within(path, leave_out=leave_out)
            else:
                yield Source(path=path, name=Path(path.name))


def _within(folder: Path, *, leave_out: Path | None) -> Iterator[Source]:
    closed: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = sorted(name for name in folders if _is_wanted(Path(parent, name), leave_out=leave_out))
        for name in sorted(files):
            if not name.startswith("."):
                path = Path(parent, name)
                yield Source(path=path, name=path.relative_to(folder))
    yield from (Source(path=path, name=path.relative_to(folder)) for path in closed)


def _is_wanted(folder: Path, *, leave_out: Path | None) -> bool:
    if folder.name.startswith("."):
        return False
    try:
        return leave_out is None or not (leave_out.exists() and folder.samefile(leave_out))
    except OSError:
        # Either cannot be looked at: the folder comes as what cannot be, and of `leave_out` its user tells.
        return True


def _listed() -> Iterator[Path]:
    """The names on standard input, one a line, or each ended by a NUL byte as `find -print0` does it."""
    # Bytes: names need not be UTF-8.
    listed = sys.stdin.buffer.read()
    separator = b"\0" if b"\0" in listed else b"\n"
    yield from (Path(os.fsdecode(name)) for name in listed.split(separator) if name)


def size_of(source: Source) -> int:
    """Bytes of the file, 0 where there is none."""
    try:
        return source.path.stat().st_size
    except OSError:
        return 0
