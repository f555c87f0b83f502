"""A draft's folder becomes a zip, byte for byte the same each time: its digest tells whether it is known already."""

import os
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from mediaproc.core.draft.bundle_names import is_input, read_names
from mediaproc.core.safe_text import quoted
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_bundle.refusals import refused, too_large

_PIECE = 1024 * 1024
# The first moment that a zip can name, and the rights of an ordinary file.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_MODE = stat.S_IFREG | 0o644
_MOST_DEPTH = 16


# Opens a file of the folder for reading, by its path within it.
Opened = Callable[[Path], AbstractContextManager[BinaryIO]]


def pack_folder(
    folder: Path, target: Path, *, limits: BundleLimits | None = None, opened: Opened | None = None
) -> None:
    """Writes the zip of all files that can matter, uncompressed, in the order of their names.

    `opened` is for a folder that others may write to, who could put a link where a file was.

    Raises:
        BadSource: the folder holds no draft, a link, or more than is taken.
        OSError: a file cannot be read, or the target not be written.
    """
    limits = limits or BundleLimits()
    opened = opened or partial(_opened, folder)
    files: dict[str, Path] = {}
    for name, path in _files(folder, folder=folder, depth=0):
        if name in files:
            raise refused(f"has two files whose names are the same to some systems, {quoted(name)}")
        files[name] = path
        if len(files) > limits.max_files:
            raise too_large(f"has more than {limits.max_files} files")
    pack_files(files, target, limits=limits, opened=opened)


def pack_files(files: Mapping[str, Path], target: Path, *, limits: BundleLimits, opened: Opened) -> None:
    """Writes the zip of these files, by their names in it; raises as `pack_folder`."""
    read_names(files)
    room = limits.max_bytes
    with zipfile.ZipFile(target, "x", compression=zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            with opened(files[name]) as source:
                room -= _pack(source, name=name, archive=archive, most=min(room, limits.max_file_bytes))


def _files(at: Path, *, folder: Path, depth: int) -> Iterator[tuple[str, Path]]:
    if depth > _MOST_DEPTH:
        raise refused("has folders within each other, too deep for a draft")
    with os.scandir(at) as entries:
        for entry in entries:
            path = Path(entry.path)
            relative = path.relative_to(folder).as_posix()
            if not is_input(relative):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(path, folder=folder, depth=depth + 1)
            elif entry.is_file(follow_symlinks=False):
                # One name for what two systems write differently: the same draft has the same digest on both.
                yield unicodedata.normalize("NFC", relative), Path(relative)
            else:
                raise refused(f"holds a link or a device, {quoted(relative)}")


def _opened(folder: Path, name: Path) -> BinaryIO:
    path = folder / name
    return open(path, "rb", opener=lambda file, flags: os.open(file, flags | os.O_NOFOLLOW | os.O_NONBLOCK))


def _pack(source: BinaryIO, *, name: str, archive: zipfile.ZipFile, most: int) -> int:
    """Adds a file and says how many bytes it has."""
    facts = os.fstat(source.fileno())
    if not stat.S_ISREG(facts.st_mode):
        raise refused(f"holds a link or a device, {quoted(name)}")
    if facts.st_size > most:
        raise too_large(f"has more bytes than are taken, with {quoted(name)}")
    entry = zipfile.ZipInfo(name, date_time=_MOMENT)
    entry.create_system, entry.external_attr = 3, _MODE << 16
    entry.file_size = facts.st_size
    with archive.open(entry, "w") as target:
        copyfileobj(source, target, _PIECE)
    return facts.st_size
