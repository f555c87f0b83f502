"""The files that a command's PATH arguments mean: files, folders with all that is in them, `-` for a list."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to take, and its name relative to what was named: how its results are called."""

    path: Path
    name: Path


def find_sources(paths: Sequence[str], *, leave_out: Path | None = None) -> Iterator[Source]:
    """Every file meant, in the order given, those of a folder by name.

    What is not there comes too, for whoever takes it to say so. Hidden files inside folders are left out, and
    everything under `leave_out`, so that results are never taken for sources.
    """
    for written in paths:
        for path in _listed() if written == "-" else (Path(written),):
            if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
                yield from _within(path, leave_out=leave_out)
            else:
                yield Source(path=path, name=Path(path.name))


def _within(folder: Path, *, leave_out: Path | None) -> Iterator[Source]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_wanted(Path(parent, name), leave_out=leave_out))
        for name in sorted(files):
            path = Path(parent, name)
            if not name.startswith(".") and os.path.isfile(path):  # noqa: PTH113 - and here for what may not be seen
                yield Source(path=path, name=path.relative_to(folder))


def _is_wanted(folder: Path, *, leave_out: Path | None) -> bool:
    if folder.name.startswith("."):
        return False
    return leave_out is None or not (leave_out.exists() and folder.samefile(leave_out))


def _listed() -> Iterator[Path]:
    # Bytes: names need not be UTF-8.
    for line in sys.stdin.buffer:
        name = line.rstrip(b"\n")
        if name:
            yield Path(os.fsdecode(name))


def size_of(source: Source) -> int:
    """Bytes of the file, 0 where there is none."""
    try:
        return source.path.stat().st_size
    except OSError:
        return 0
