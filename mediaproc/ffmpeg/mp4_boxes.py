"""Reads an mp4's boxes: their order decides whether a browser can start early, their lengths show a cut file."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEADER = struct.Struct(">L4s")
_LARGE_SIZE = struct.Struct(">Q")

# Our films have a handful of boxes, films in fragments of a second some thousands: the walk ends at this many.
_MOST_BOXES = 100_000

# How much of a box's content is read (bytes).
_MOST_OF_A_BOX = 1024 * 1024

# The boxes that an mp4 or a QuickTime film may begin with.
_FIRST = frozenset({"ftyp", "wide", "mdat", "free", "skip"})


def top_level_boxes(path: Path) -> tuple[str, ...]:
    """The boxes' names in order, as far as the file consists of boxes; empty for a file that is no mp4."""
    return tuple(name for name, _ in _walk(path))


def lacks_its_index(path: Path) -> bool:
    """Whether this is the beginning of an mp4 or QuickTime film whose index would have come at its end."""
    size = path.stat().st_size
    walked = list(_walk(path))
    whole = {name for name, end in walked if end <= size}
    names = {name for name, _ in walked}
    return bool(walked) and walked[0][0] in _FIRST and "mdat" in names and not whole & {"moov", "moof"}


def fragments_size(path: Path) -> int | None:
    """Where the last box of a film in fragments ends (bytes); beyond the file's end where the file was cut."""
    walked = list(_walk(path))
    return walked[-1][1] if any(name == "moof" for name, _ in walked) else None


@dataclass(frozen=True, kw_only=True)
class BoxContent:
    """The content of a box: where it begins and ends in the file (bytes)."""

    begin: int
    end: int

    def inside(self, file: BinaryIO, *way: str) -> list["BoxContent"]:
        """The boxes at the end of this path of names, which begins inside this box."""
        if not way:
            return [self]
        name, *rest = way
        found = [span for found, span in self.boxes(file) if found == name]
        return [deeper for span in found for deeper in span.inside(file, *rest)]

    def boxes(self, file: BinaryIO, *, behind: int = 0) -> Iterator[tuple[str, "BoxContent"]]:
        """Every box in this one, from `behind` bytes of its content on."""
        return _boxes(file, begin=self.begin + behind, end=self.end)

    def read(self, file: BinaryIO) -> bytes:
        """The content's bytes, at most a megabyte of them."""
        file.seek(self.begin)
        return file.read(min(self.end - self.begin, _MOST_OF_A_BOX))


def _walk(path: Path) -> Iterator[tuple[str, int]]:
    """Each top-level box's name, and the end that its length names."""
    with path.open("rb") as file:
        for name, span in _boxes(file, begin=0, end=path.stat().st_size):
            yield name, span.end


def _boxes(file: BinaryIO, *, begin: int, end: int) -> Iterator[tuple[str, BoxContent]]:
    """The boxes between two places, each with its content, whose length may reach beyond `end`."""
    at, end = begin, min(end, os.fstat(file.fileno()).st_size)
    for _ in range(_MOST_BOXES):
        if at + _HEADER.size > end:
            return
        file.seek(at)
        begun = file.read(_HEADER.size)
        if len(begun) < _HEADER.size:  # the length of the outer box reaches beyond the file's end
            return
        length, name = _HEADER.unpack(begun)
        header = _HEADER.size
        if length == 1:  # the real length follows in 64 bits
            large = file.read(_LARGE_SIZE.size)
            if len(large) < _LARGE_SIZE.size:
                return
            (length,) = _LARGE_SIZE.unpack(large)
            header += _LARGE_SIZE.size
        if length < header:  # 0: the box reaches to the end; less than its header: a false length
            yield name.decode("latin-1"), BoxContent(begin=at + header, end=end)
            return
        yield name.decode("latin-1"), BoxContent(begin=at + header, end=at + length)
        at += length
