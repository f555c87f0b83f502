"""The top-level boxes of an mp4, in order: whether its index stands before the film."""

import struct
from collections.abc import Callable

_SHORT = struct.Struct(">L4s")
_LONG = struct.Struct(">Q")

# An mp4 that we wrote has five; a file of empty boxes would be walked for ever.
_MOST_BOXES = 1000


def top_level_boxes(read_at: Callable[[int, int], bytes], *, size: int) -> tuple[str, ...]:
    """The names of the boxes of a file of `size` bytes, read with `read_at(offset, length)`; ends where they do."""
    names: list[str] = []
    offset = 0
    while offset + _SHORT.size <= size and len(names) < _MOST_BOXES:
        header = read_at(offset, _SHORT.size + _LONG.size)
        if len(header) < _SHORT.size:
            break
        length, name = _SHORT.unpack_from(header)
        if length == 1 and len(header) == _SHORT.size + _LONG.size:
            (length,) = _LONG.unpack_from(header, _SHORT.size)
        names.append(name.decode("latin-1"))
        if length < _SHORT.size:  # 0: it reaches to the end of the file; below a header's size: nonsense
            break
        offset += length
    return tuple(names)
