"""Reads the tables of a .wtv recording, a file system of its own; false tables make a small file an endless one."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from mediaproc.core.errors import BadSource, ErrorClass

_BEGIN = bytes.fromhex("b7d800203749da11a64e0007e95ead8d")
# The length of the root directory (bytes), and its first sector.
_ROOT = struct.Struct("<L4xL")
_ROOT_AT = 0x30

# An entry of the directory: its kind, its own size, the size of the file, the length of its name (characters). Behind
# the name: the sector of the file's table, and how many tables lead from there to its content.
_ENTRY = struct.Struct("<16sH6xQL4x")
_ENTRY_KIND = bytes.fromhex("92b774915970704488df063b82cc213d")
_PLACE = struct.Struct("<LL")

# The unit in which sectors are numbered (bytes); a table is one sector of numbers. A file's pieces are of this size if
# the bit `_SMALL_PIECES` of its size is set, else of the larger size.
_SECTOR, _LARGE_SECTOR = 4096, 256 * 1024
_SMALL_PIECES = 1 << 63
_NUMBERS = struct.Struct(f"<{_SECTOR // 4}L")

# The files that ffmpeg opens: the film, its metadata, its index.
_OPENED = frozenset({
    "timeline",
    "timeline.table.0.entries.Events",
    "table.0.entries.legacy_attrib",
    "table.0.entries.time",
})  # fmt: skip


def refuse_endless(path: Path) -> None:
    """Raises BadSource for a recording whose tables list more than the file holds, since they list parts again.

    In this way 272 KB become 256 GB: a film without an end, or an index that ffprobe reads for hours.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if any(_listed(table, file=file, size=size) > size + _LARGE_SECTOR for table in _tables(_root(file))):
            raise BadSource(
                "The recording's index leads to the same places again and again; upload the original recording.",
                error_class=ErrorClass.UNREADABLE,
            )


def lacks_its_directory(path: Path) -> bool:
    """Whether this is the beginning of a recording whose directory would have come behind the file's end."""
    with path.open("rb") as file:
        place = _place_of_root(file)
        return place is not None and place[0] * _SECTOR >= file.seek(0, os.SEEK_END)


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Where a file's content is: through `levels` tables from `sector` on, in pieces of `piece` bytes."""

    sector: int
    levels: int
    piece: int


def _root(file: BinaryIO) -> bytes:
    """The directory, empty for a file that is no such recording."""
    place = _place_of_root(file)
    if place is None:
        return b""
    sector, length = place
    file.seek(sector * _SECTOR)
    return file.read(min(length, _SECTOR))


def _place_of_root(file: BinaryIO) -> tuple[int, int] | None:
    """The directory's sector and its length (bytes)."""
    file.seek(0)
    head = file.read(_ROOT_AT + _ROOT.size)
    if not head.startswith(_BEGIN) or len(head) < _ROOT_AT + _ROOT.size:
        return None
    length, sector = _ROOT.unpack_from(head, _ROOT_AT)
    return sector, length


def _tables(root: bytes) -> Iterator[_Table]:
    """The tables of the files that ffmpeg opens; of each name the first, as ffmpeg reads the directory."""
    at, wanted = 0, set(_OPENED)
    while at + _ENTRY.size + _PLACE.size <= len(root):
        kind, entry_size, size, characters = _ENTRY.unpack_from(root, at)
        name_size = 2 * characters % 2**32  # ffmpeg counts in 32 bits
        name_at = at + _ENTRY.size
        if kind != _ENTRY_KIND or not entry_size or name_at + name_size + _PLACE.size > len(root):
            return
        name = root[name_at : name_at + name_size].decode("utf-16-le", errors="replace").partition("\0")[0]
        sector, levels = _PLACE.unpack_from(root, name_at + name_size)
        if name in wanted:
            wanted.remove(name)
            yield _Table(sector=sector, levels=levels, piece=_SECTOR if size & _SMALL_PIECES else _LARGE_SECTOR)
        at += entry_size


def _listed(table: _Table, *, file: BinaryIO, size: int) -> int:
    """The bytes that a table leads to, without those beyond the file's end."""
    match table.levels:
        case 1:
            sectors = _numbers(file, table.sector)
        case 2:
            sectors = chain.from_iterable(_numbers(file, sector) for sector in _numbers(file, table.sector))
        case _:
            return 0
    return table.piece * sum(sector * _SECTOR < size for sector in sectors)


def _numbers(file: BinaryIO, sector: int) -> Iterator[int]:
    """The numbers in one table; 0 marks an empty place."""
    file.seek(sector * _SECTOR)
    return (number for number in _NUMBERS.unpack(file.read(_SECTOR).ljust(_SECTOR, b"\0")) if number)
