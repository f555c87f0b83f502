"""What is known of a face: what it is called, how high its lines are, which characters it has and how wide each is."""

import struct
import sys
from array import array
from dataclasses import dataclass, field

from mediaproc.core.faces.character_map import CharacterMap, read_character_map
from mediaproc.core.faces.names import family_name
from mediaproc.core.faces.sfnt import Sfnt, UnusableFace, read_sfnt

_HEAD, _UNITS_AT, _STYLE_AT = 54, 18, 44
_HHEA, _ASCENT_AT, _METRICS_AT = 36, 4, 34
_MAXP, _GLYPHS_AT = 6, 4
_FEWEST_UNITS, _MOST_UNITS = 16, 16384
_BOLD, _ITALIC = 1, 2
_METRIC = 4
_OS2, _WEIGHT = 8, struct.Struct(">4xHH")
_REGULAR_WEIGHT, _BOLD_WEIGHT, _USUAL_WIDTH = 400, 700, 5
# Of a face whose letters are pictures or layers of colour nothing can be drawn, whatever its table of characters says.
_COLOURED = frozenset({"CBDT", "COLR", "SVG ", "sbix"})
_OUTLINES = frozenset({"glyf", "CFF ", "CFF2"})
_USHORT, _SHORTS = struct.Struct(">H"), struct.Struct(">hh")


@dataclass(frozen=True, kw_only=True)
class Face:
    """A face that can be drawn with; lengths in its own units, `units` of which are one em."""

    family: str
    is_bold: bool
    is_italic: bool
    # From 1 to 1000, where 400 is regular; and from 1 to 9, where 5 is as wide as usual.
    weight: int
    width: int
    units: int
    # From the baseline to where a line of its letters begins and ends; both count away from the baseline.
    ascent: int
    descent: int
    characters: CharacterMap = field(repr=False)
    # By glyph; what is beyond the end is as wide as the last one.
    advances: "array[int]" = field(repr=False)

    @property
    def line_height(self) -> float:
        """In ems."""
        return (self.ascent + self.descent) / self.units

    def has(self, character: str) -> bool:
        """Whether it has a glyph for it."""
        return self.characters.glyph(ord(character)) != 0

    def advance(self, character: str) -> float:
        """How wide a character is, in ems; 0 where it has none."""
        glyph = self.characters.glyph(ord(character))
        if not glyph:
            return 0.0
        return self.advances[min(glyph, len(self.advances) - 1)] / self.units


def read_face(data: memoryview, *, index: int = 0) -> Face:
    """One face of a file.

    Raises:
        UnusableFace: nothing can be drawn with it; the message says why.
    """
    sfnt = read_sfnt(data, index=index)
    if not _OUTLINES & sfnt.tables.keys() or _COLOURED & sfnt.tables.keys():
        raise UnusableFace("its letters are no outlines of one colour")
    head = sfnt.table("head", at_least=_HEAD)
    hhea = sfnt.table("hhea", at_least=_HHEA)
    (units,), (style,) = _USHORT.unpack_from(head, _UNITS_AT), _USHORT.unpack_from(head, _STYLE_AT)
    if not _FEWEST_UNITS <= units <= _MOST_UNITS:
        raise UnusableFace(f"it claims {units} units in an em")
    ascent, descender = _SHORTS.unpack_from(hhea, _ASCENT_AT)
    if ascent < 0 or descender > 0 or not 0 < ascent - descender <= 10 * units:
        raise UnusableFace(f"it claims a line of {ascent - descender} units")
    glyphs = _USHORT.unpack_from(sfnt.table("maxp", at_least=_MAXP), _GLYPHS_AT)[0]
    characters = read_character_map(sfnt.table("cmap", at_least=4), glyphs=glyphs)
    if not characters.glyph(ord(" ")):
        raise UnusableFace("it has no blank")
    is_bold = bool(style & _BOLD)
    weight, width = _weight(sfnt, is_bold=is_bold)
    return Face(
        family=family_name(sfnt.tables.get("name", memoryview(b""))),
        is_bold=is_bold,
        is_italic=bool(style & _ITALIC),
        weight=weight,
        width=width,
        units=units,
        ascent=ascent,
        descent=-descender,
        characters=characters,
        advances=_advances(sfnt, count=_USHORT.unpack_from(hhea, _METRICS_AT)[0]),
    )


def _weight(sfnt: Sfnt, *, is_bold: bool) -> tuple[int, int]:
    table = sfnt.tables.get("OS/2", b"")
    weight, width = _WEIGHT.unpack_from(table) if len(table) >= _OS2 else (0, 0)
    return weight or (_BOLD_WEIGHT if is_bold else _REGULAR_WEIGHT), width or _USUAL_WIDTH


def _advances(sfnt: Sfnt, *, count: int) -> "array[int]":
    if count == 0:
        raise UnusableFace("it has no widths")
    numbers = array("H", bytes(sfnt.table("hmtx", at_least=count * _METRIC)[: count * _METRIC]))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers[::2]
