"""Which glyph a face has for which character: its table cmap as runs of characters whose glyphs follow each other."""

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mediaproc.core.faces.sfnt import UnusableFace

_LAST_CHARACTER = 0x10FFFF
# The last plane, for private use, is left to the stand-ins of `face_copy.py`.
_LAST_TAKEN = 0xFFFFF
_ALL_GLYPHS = 0x10000
_MOST_RUNS = 200_000
_MOST_MAPS = 64

# Platform and encoding of the maps of Unicode, the best first.
_UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))

_MAP = struct.Struct(">HHI")
_FORMAT = struct.Struct(">H")
_SEGMENTS_HEADER = struct.Struct(">HHHH6x")
# Bytes: all that 65,536 segments and the 16 bits of their offsets can reach.
_LONGEST_SEGMENTS = 2**20
_GROUPS_HEADER = struct.Struct(">H2xIII")
_GROUP = struct.Struct(">III")


@dataclass(frozen=True, kw_only=True)
class Run:
    """The characters `first` to `last` have the glyphs from `glyph` on."""

    first: int
    last: int
    glyph: int


class CharacterMap:
    """Immutable; runs in the order of their characters, none overlaps another, and none has glyph 0, the empty box."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._firsts, self._lasts, self._glyphs = array("I"), array("I"), array("I")
        for run in runs:
            if len(self._firsts) >= _MOST_RUNS:
                raise UnusableFace("its table of characters is too large")
            self._firsts.append(run.first)
            self._lasts.append(run.last)
            self._glyphs.append(run.glyph)

    def __iter__(self) -> Iterator[Run]:
        for first, last, glyph in zip(self._firsts, self._lasts, self._glyphs, strict=True):
            yield Run(first=first, last=last, glyph=glyph)

    def __len__(self) -> int:
        return len(self._firsts)

    def glyph(self, character: int) -> int:
        """The glyph of a code point; 0 where there is none."""
        place = bisect_right(self._firsts, character) - 1
        if place < 0 or character > self._lasts[place]:
            return 0
        return self._glyphs[place] + character - self._firsts[place]


def read_character_map(table: memoryview, *, glyphs: int) -> CharacterMap:
    """The map of Unicode of a face of so many glyphs.

    Raises:
        UnusableFace: there is none, or it is damaged.
    """
    if len(table) < _MAP.size // 2:
        raise UnusableFace("its table of characters is cut short")
    (count,) = _FORMAT.unpack_from(table, 2)
    if count > _MOST_MAPS or 4 + count * _MAP.size > len(table):
        raise UnusableFace("its table of characters is cut short")
    offsets: dict[tuple[int, int], int] = {}
    for n in range(count):
        platform, encoding, offset = _MAP.unpack_from(table, 4 + n * _MAP.size)
        offsets.setdefault((platform, encoding), offset)
    for key in _UNICODE:
        if key in offsets:
            runs = _runs(table[offsets[key] :])
            if runs is not None:
                return CharacterMap(_drawable(runs, glyphs=glyphs))
    raise UnusableFace("it has no table of Unicode characters")


def _runs(table: memoryview) -> Iterator[Run] | None:
    if len(table) < _GROUPS_HEADER.size:
        return None
    (format_,) = _FORMAT.unpack_from(table)
    match format_:
        case 4:
            return _of_segments(table)
        case 12:
            return _of_groups(table)
        case _:
            return None


def _of_groups(table: memoryview) -> Iterator[Run]:
    _, _, _, count = _GROUPS_HEADER.unpack_from(table)
    if count > _MOST_RUNS or _GROUPS_HEADER.size + count * _GROUP.size > len(table):
        raise UnusableFace("its table of characters is cut short")
    for first, last, glyph in _GROUP.iter_unpack(table[_GROUPS_HEADER.size :][: count * _GROUP.size]):
        yield Run(first=first, last=last, glyph=glyph)


def _of_segments(table: memoryview) -> Iterator[Run]:
    *_, doubled = _SEGMENTS_HEADER.unpack_from(table)
    count = doubled // 2
    # Not by the length that the map claims: larger maps do not fit in its 16 bits.
    words = _numbers(table[: min(len(table), _LONGEST_SEGMENTS) & ~1])
    starts_at = _SEGMENTS_HEADER.size // 2 + count + 1
    if count == 0 or starts_at + 3 * count > len(words):
        raise UnusableFace("its table of characters is cut short")
    for n in range(count):
        first, last = words[starts_at + n], words[_SEGMENTS_HEADER.size // 2 + n]
        delta, offset = words[starts_at + count + n], words[starts_at + 2 * count + n]
        if first > last:
            continue
        if offset == 0:
            yield from _shifted(first, last, delta)
        else:
            listed = starts_at + 2 * count + n + offset // 2
            yield from _listed(words[listed : listed + last - first + 1], first, delta)


def _shifted(first: int, last: int, delta: int) -> Iterator[Run]:
    """Glyphs are character plus delta, in 16 bits."""
    start = first
    while start <= last:
        glyph = (start + delta) % _ALL_GLYPHS
        end = min(last, start + _ALL_GLYPHS - 1 - glyph)
        yield Run(first=start, last=end, glyph=glyph)
        start = end + 1


def _listed(glyphs: "array[int]", first: int, delta: int) -> Iterator[Run]:
    """Glyphs from a list, where 0 is none."""
    start, of_start = first, -1
    for place, listed in enumerate(glyphs):
        glyph = (listed + delta) % _ALL_GLYPHS if listed else 0
        if place == 0 or glyph != of_start + (first + place - start):
            if place:
                yield Run(first=start, last=first + place - 1, glyph=of_start)
            start, of_start = first + place, glyph
    if len(glyphs):
        yield Run(first=start, last=first + len(glyphs) - 1, glyph=of_start)


def _drawable(runs: Iterable[Run], *, glyphs: int) -> Iterator[Run]:
    """What can be drawn of these runs; a table whose runs overlap would cost more than its size."""
    after = 0
    for run in runs:
        if run.first < after or not run.first <= run.last <= _LAST_CHARACTER:
            raise UnusableFace("its table of characters is damaged")
        after = run.last + 1
        first, glyph = (run.first + 1, 1) if run.glyph == 0 else (run.first, run.glyph)
        last = min(run.last, first + glyphs - 1 - glyph, _LAST_TAKEN)
        if first <= last:
            yield Run(first=first, last=last, glyph=glyph)


def _numbers(data: memoryview) -> "array[int]":
    numbers = array("H", bytes(data))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
