"""A face under a name of ours, alone in its file: what is drawn with, so that no other face can be taken in its place.

libass looks for a face by its names, and those of a face from a bundle are hostile text that may also be another's. In
the copy, three tables are made anew: the names; the characters, so that the copy has exactly those that were read; and
of OS/2 the height of a line, which libass takes for the size of letters, and the weight, so that it takes the face as
it is unless it is asked to make it bolder.
"""

import struct
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mediaproc.core.faces.character_map import CharacterMap, Run
from mediaproc.core.faces.face import read_face
from mediaproc.core.faces.names import own_names
from mediaproc.core.faces.sfnt import read_sfnt

# What drawing letters takes; no pictures, no programs but those of the outlines.
_KEPT = frozenset(
    {
        *("head", "hhea", "hmtx", "maxp", "loca", "glyf", "CFF ", "CFF2", "cvt ", "fpgm", "prep", "VORG"),
        *("GDEF", "GPOS", "GSUB", "BASE", "fvar", "gvar", "avar", "HVAR", "MVAR", "STAT", "kern", "post"),
    }
)
# Characters that mean something where words are written, and what stands for each of them in the copy: for private use.
STAND_INS: Mapping[str, str] = MappingProxyType({each: chr(0x100000 + ord(each)) for each in "\\{}"})

# Bytes: what aligning a table adds; the directory, and the tables that are made anew but for the characters.
_ALIGNED, _LARGEST_REST = 3, 4096

_HEADER = struct.Struct(">4sHHHH")
_RECORD = struct.Struct(">4sIII")
_MAP_HEADER = struct.Struct(">HHHHI")
_GROUPS_HEADER = struct.Struct(">HHIII")
_GROUP = struct.Struct(">III")
_GROUPS, _WINDOWS, _FULL_UNICODE = 12, 3, 10

_OS2_LENGTH, _WIDTH_MEDIUM, _WEIGHT_REGULAR, _SELECTION_REGULAR = 96, 5, 400, 0x40
_OS2 = struct.Struct(">HhHHH")
_OS2_SELECTION = struct.Struct(">HHHhhhHH")
_SELECTION_AT = 62
_BOLD_AND_ITALIC, _STYLE = 3, struct.Struct(">H")
_STYLE_AT = 44


def copy_face(data: memoryview, *, index: int, name: str) -> Iterator[bytes | memoryview]:
    """The bytes of the copy, in pieces.

    Raises:
        UnusableFace: nothing can be drawn with the face.
    """
    face = read_face(data, index=index)
    sfnt = read_sfnt(data, index=index)
    tables: dict[str, bytes | memoryview] = {tag: sfnt.tables[tag] for tag in sfnt.tables if tag in _KEPT}
    tables["head"] = _regular(sfnt.tables["head"])
    tables["name"] = own_names(name)
    tables["cmap"] = _map_of(face.characters)
    tables["OS/2"] = _os2(ascent=face.ascent, descent=face.descent)
    yield _directory(sfnt.kind, tables)
    for tag in sorted(tables):
        yield tables[tag]
        yield bytes(-len(tables[tag]) % 4)


def largest_copy(data: memoryview, *, index: int, characters: CharacterMap) -> int:
    """At most so many bytes the copy has, which is not made for that."""
    tables = read_sfnt(data, index=index).tables
    kept = sum(len(tables[tag]) + _ALIGNED for tag in tables if tag in _KEPT)
    return kept + _GROUP.size * (len(characters) + len(STAND_INS)) + _LARGEST_REST


def _directory(kind: bytes, tables: Mapping[str, bytes | memoryview]) -> bytes:
    bits = len(tables).bit_length() - 1
    header = _HEADER.pack(kind, len(tables), 16 << bits, bits, 16 * len(tables) - (16 << bits))
    offset = len(header) + len(tables) * _RECORD.size
    records = b""
    for tag in sorted(tables):
        # Without check sums, which no reader holds a face to.
        records += _RECORD.pack(tag.encode("latin-1"), 0, offset, len(tables[tag]))
        offset += len(tables[tag]) + -len(tables[tag]) % 4
    return header + records


def _map_of(characters: CharacterMap) -> bytes:
    runs = list(characters)
    for character, stand_in in STAND_INS.items():
        glyph = characters.glyph(ord(character))
        if glyph:
            runs.append(Run(first=ord(stand_in), last=ord(stand_in), glyph=glyph))
    groups = b"".join(_GROUP.pack(run.first, run.last, run.glyph) for run in runs)
    header = _GROUPS_HEADER.pack(_GROUPS, 0, _GROUPS_HEADER.size + len(groups), 0, len(runs))
    return _MAP_HEADER.pack(0, 1, _WINDOWS, _FULL_UNICODE, _MAP_HEADER.size) + header + groups


def _os2(*, ascent: int, descent: int) -> bytes:
    table = bytearray(_OS2_LENGTH)
    # The version, the average width (of no use to us), weight, width, and that it may be installed.
    _OS2.pack_into(table, 0, 4, 0, _WEIGHT_REGULAR, _WIDTH_MEDIUM, 0)
    high, low = max(ascent, 0), max(descent, 0)
    _OS2_SELECTION.pack_into(table, _SELECTION_AT, _SELECTION_REGULAR, 0, 0xFFFF, ascent, -descent, 0, high, low)
    return bytes(table)


def _regular(head: memoryview) -> bytes:
    table = bytearray(head)
    (style,) = _STYLE.unpack_from(table, _STYLE_AT)
    _STYLE.pack_into(table, _STYLE_AT, style & ~_BOLD_AND_ITALIC)
    return bytes(table)
