"""The tables of a face's file: TrueType or OpenType outlines, alone or one of a collection, read within bounds."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

# Bytes; the largest collections of open Chinese faces have about 100 MB.
LARGEST_FACE_FILE = 160 * 1024**2

_TRUETYPE, _APPLE, _OPENTYPE, _COLLECTION = b"\x00\x01\x00\x00", b"true", b"OTTO", b"ttcf"
_MOST_TABLES = 100
_MOST_FACES = 64
_HEADER = struct.Struct(">4sH6x")
_RECORD = struct.Struct(">4s4xII")
_COLLECTION_HEADER = struct.Struct(">4s4xI")
_OFFSET = struct.Struct(">I")


class UnusableFace(Exception):
    """A file is no face that can be drawn with; the message says why, to stand within a sentence."""


@dataclass(frozen=True, kw_only=True)
class Sfnt:
    """One face: its kind as the file names it, and its tables, each wholly within the file."""

    kind: bytes
    tables: Mapping[str, memoryview]

    def table(self, name: str, *, at_least: int) -> memoryview:
        """A table that must be there, and so long.

        Raises:
            UnusableFace: it is not.
        """
        found = self.tables.get(name)
        if found is None or len(found) < at_least:
            raise UnusableFace(f"its table {name.strip()} is missing or cut short")
        return found


def count_faces(data: memoryview) -> int:
    """How many faces the file has; 1 where it is no collection.

    Raises:
        UnusableFace: it is a collection that claims too many, or none.
    """
    if bytes(data[:4]) != _COLLECTION:
        return 1
    if len(data) < _COLLECTION_HEADER.size:
        raise UnusableFace("it is cut short")
    _, count = _COLLECTION_HEADER.unpack_from(data)
    if not 0 < count <= _MOST_FACES or _COLLECTION_HEADER.size + count * _OFFSET.size > len(data):
        raise UnusableFace(f"it claims to hold {count} faces")
    return int(count)


def read_sfnt(data: memoryview, *, index: int = 0) -> Sfnt:
    """The tables of one face of the file.

    Raises:
        UnusableFace: it is no such file, or a table reaches beyond its end.
    """
    if len(data) > LARGEST_FACE_FILE:
        raise UnusableFace(f"it has more than {LARGEST_FACE_FILE // 1024**2} MB")
    if not 0 <= index < count_faces(data):
        raise UnusableFace(f"it has no face number {index}")
    start = 0
    if bytes(data[:4]) == _COLLECTION:
        (start,) = _OFFSET.unpack_from(data, _COLLECTION_HEADER.size + index * _OFFSET.size)
    if start + _HEADER.size > len(data):
        raise UnusableFace("it is cut short")
    kind, count = _HEADER.unpack_from(data, start)
    if kind not in {_TRUETYPE, _APPLE, _OPENTYPE}:
        raise UnusableFace("it is neither TrueType nor OpenType")
    if count > _MOST_TABLES or start + _HEADER.size + count * _RECORD.size > len(data):
        raise UnusableFace(f"it claims to hold {count} tables")
    return Sfnt(kind=kind, tables=dict(_table(data, start + _HEADER.size + n * _RECORD.size) for n in range(count)))


def _table(data: memoryview, at: int) -> tuple[str, memoryview]:
    name, offset, length = _RECORD.unpack_from(data, at)
    if offset + length > len(data):
        raise UnusableFace("one of its tables reaches beyond its end")
    return name.decode("latin-1"), data[offset : offset + length]
