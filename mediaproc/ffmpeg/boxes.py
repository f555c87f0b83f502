"""The order of an mp4's top-level boxes, which decides whether a browser can start before it has all of it."""

import struct
from pathlib import Path

_HEADER = struct.Struct(">L4s")
_LARGE_SIZE = struct.Struct(">Q")

# A file of ours has a handful; more means that it is not what it should be, and nothing is gained by counting on.
_MOST_BOXES = 1_000


def top_level_boxes(path: Path) -> tuple[str, ...]:
    """The names in order, as far as the file is made of boxes; empty for what is no mp4."""
    names: list[str] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + _HEADER.size <= size and len(names) < _MOST_BOXES:
            file.seek(at)
            length, name = _HEADER.unpack(file.read(_HEADER.size))
            least = _HEADER.size
            if length == 1:  # the real length follows in 64 bits
                large = file.read(_LARGE_SIZE.size)
                if len(large) < _LARGE_SIZE.size:
                    break
                (length,) = _LARGE_SIZE.unpack(large)
                least += _LARGE_SIZE.size
            names.append(name.decode("latin-1"))
            if length < least:  # 0: the box goes on to the end of the file; less than its header: a lie
                break
            at += length
    return tuple(names)
