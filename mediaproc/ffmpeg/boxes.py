"""An mp4's top-level boxes: their order decides whether a browser can start early, their lengths tell of a cut."""

import struct
from collections.abc import Iterator
from pathlib import Path

_HEADER = struct.Struct(">L4s")
_LARGE_SIZE = struct.Struct(">Q")

# A film of ours has a handful, one in fragments of a second some thousands; nothing is gained by counting on.
_MOST_BOXES = 100_000

# How much of an index is looked through: its descriptions of streams come before its tables (bytes).
_MOST_OF_AN_INDEX = 4 * 1024 * 1024

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


def is_encrypted(path: Path) -> bool:
    """Whether the index of an mp4 says how some stream of it is encrypted."""
    begin = 0
    for name, end in _walk(path):
        if name == "moov":
            with path.open("rb") as file:
                file.seek(begin)
                index = file.read(min(end - begin, _MOST_OF_AN_INDEX))
            return b"schm" in index and b"tenc" in index
        begin = end
    return False


def _walk(path: Path) -> Iterator[tuple[str, int]]:
    """Each box's name, and where it says that it ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        for _ in range(_MOST_BOXES):
            if at + _HEADER.size > size:
                return
            file.seek(at)
            length, name = _HEADER.unpack(file.read(_HEADER.size))
            least = _HEADER.size
            if length == 1:  # the real length follows in 64 bits
                large = file.read(_LARGE_SIZE.size)
                if len(large) < _LARGE_SIZE.size:
                    return
                (length,) = _LARGE_SIZE.unpack(large)
                least += _LARGE_SIZE.size
            if length < least:  # 0: the box goes on to the end of the file; less than its header: a lie
                yield name.decode("latin-1"), size
                return
            at += length
            yield name.decode("latin-1"), at
