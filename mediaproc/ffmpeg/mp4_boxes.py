"""An mp4's boxes: their order decides whether a browser can start early, their lengths tell of a cut."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEADER = struct.Struct(">L4s")
_LARGE_SIZE = struct.Struct(">Q")

# A film of ours has a handful, one in fragments of a second some thousands; nothing is gained by counting on.
_MOST_BOXES = 100_000

# How much of a box's content is read (bytes).
_MOST_OF_A_BOX = 1024 * 1024

# What an mp4 or a QuickTime film may begin with.
_FIRST = frozenset({"ftyp", "wide", "mdat", "free", "skip"})


def top_level_boxes(path: Path) -> tuple[str, ...]:
    """The names in order, as far as the file is made of boxes; empty for what is no mp4."""
    return tuple(name for name, _ in _walk(path))


def lacks_its_index(path: Path) -> bool:
    """Whether this is the beginning of an mp4 or QuickTime film of which the index was to come at the end."""
    size = path.stat().st_size
    walked = list(_walk(path))
    whole = {name for name, end in walked if end <= size}
    names = {name for name, _ in walked}
    return bool(walked) and walked[0][0] in _FIRST and "mdat" in names and not whole & {"moov", "moof"}


def fragments_size(path: Path) -> int | None:
    """Where the last box of a film in fragments ends (bytes), beyond the file's own end where that was cut."""
    walked = list(_walk(path))
    return walked[-1][1] if any(name == "moof" for name, _ in walked) else None


@dataclass(frozen=True, kw_only=True)
class BoxContent:
    """The content of a box: where it begins and ends in the file (bytes)."""

    begin: int
    end: int

    def inside(self, file: BinaryIO, *way: str) -> list["BoxContent"]:
        """The boxes at the end of this way of names, from here downwards."""
        if not way:
            return [self]
        name, *rest = way
        found = [span for found, span in self.boxes(file) if found == name]
        return [deeper for span in found for deeper in span.inside(file, *rest)]

    def boxes(self, file: BinaryIO, *, behind: int = 0) -> Iterator[tuple[str, "BoxContent"]]:
        """Every box in it, from `behind` bytes of its content on."""
        return _boxes(file, begin=self.begin + behind, end=self.end)

    def read(self, file: BinaryIO) -> bytes:
        """What stands in it, up to a bound."""
        file.seek(self.begin)
        return file.read(min(self.end - self.begin, _MOST_OF_A_BOX))


def _walk(path: Path) -> Iterator[tuple[str, int]]:
    """Each top-level box's name, and where it says that it ends."""
    with path.open("rb") as file:
        for name, span in _boxes(file, begin=0, end=path.stat().st_size):
            yield name, span.end


def _boxes(file: BinaryIO, *, begin: int, end: int) -> Iterator[tuple[str, BoxContent]]:
    """The boxes between two places, each with its content, which may say that it goes on beyond `end`."""
    at, end = begin, min(end, os.fstat(file.fileno()).st_size)
    for _ in range(_MOST_BOXES):
        if at + _HEADER.size > end:
            return
        file.seek(at)
        begun = file.read(_HEADER.size)
        if len(begun) < _HEADER.size:  # a box around it says that it goes on behind the file's end
            return
        length, name = _HEADER.unpack(begun)
        header = _HEADER.size
        if length == 1:  # the real length follows in 64 bits
            large = file.read(_LARGE_SIZE.size)
            if len(large) < _LARGE_SIZE.size:
                return
            (length,) = _LARGE_SIZE.unpack(large)
            header += _LARGE_SIZE.size
        if length < header:  # 0: the box goes on to the end; less than its header: a lie
            yield name.decode("latin-1"), BoxContent(begin=at + header, end=end)
            return
        yield name.decode("latin-1"), BoxContent(begin=at + header, end=at + length)
        at += length
