"""Finds the tracks of an mp4 that need a key, by their own descriptions: an encrypted track may decode, to noise."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mediaproc.ffmpeg.mp4_boxes import BoxContent

_NUMBER = struct.Struct(">L")
# Entries begin behind version, flags and their count.
_ENTRIES_BEGIN = 8
# A chunk's entry (first chunk, samples, description); flags of a fragment's header (`tfhd`).
_CHUNK = struct.Struct(">8xL")
_HAS_OFFSET, _HAS_DESCRIPTION = 0x1, 0x2

# A film may have many thousands of fragments: reading ends at this many.
_MOST_FRAGMENTS = 1_000


def encrypted_tracks(path: Path) -> frozenset[int]:
    """The numbers (ffprobe's `id`) of the tracks whose samples are described as encrypted."""
    with path.open("rb") as file:
        whole = BoxContent(begin=0, end=path.stat().st_size)
        tracks = [track for moov in whole.inside(file, "moov") for track in moov.inside(file, "trak")]
        numbered = [(track, number) for track in tracks if (number := _number(file, track)) is not None]
        return frozenset(number for track, number in numbered if _needs_a_key(file, whole, track, number))


def _number(file: BinaryIO, track: BoxContent) -> int | None:
    """The track's number; it follows two times of 4 bytes each, or of 8 in version 1."""
    for header in track.inside(file, "tkhd"):
        content = header.read(file)
        return _number_in(content, at=20 if content[:1] == b"\x01" else 12)
    return None


def _needs_a_key(file: BinaryIO, whole: BoxContent, track: BoxContent, number: int) -> bool:
    described = [
        _is_encrypted(entry.read(file))
        for descriptions in track.inside(file, "mdia", "minf", "stbl", "stsd")
        for _, entry in descriptions.boxes(file, behind=_ENTRIES_BEGIN)
    ]
    if not any(described) or all(described):
        return any(described)
    # A film may describe encrypted samples and have none, or only later: the descriptions in use decide.
    used = {*_used_by_chunks(file, track), *_used_by_fragments(file, whole, number)}
    return any(described[place - 1] for place in used if 0 < place <= len(described))


def _is_encrypted(description: bytes) -> bool:
    """Whether it says how its samples are encrypted (`sinf`): by which scheme (`schm`), with which key (`tenc`)."""
    return b"sinf" in description and (b"schm" in description or b"tenc" in description)


def _used_by_chunks(file: BinaryIO, track: BoxContent) -> Iterator[int]:
    for table in track.inside(file, "mdia", "minf", "stbl", "stsc"):
        entries = table.read(file)[_ENTRIES_BEGIN:]
        yield from (place for (place,) in _CHUNK.iter_unpack(entries[: len(entries) // _CHUNK.size * _CHUNK.size]))


def _used_by_fragments(file: BinaryIO, whole: BoxContent, number: int) -> Iterator[int]:
    """The description of each fragment's own choice, else the one that the index names for all (`trex`)."""
    usual = {
        place
        for extends in whole.inside(file, "moov", "mvex", "trex")
        if _number_in(content := extends.read(file), at=4) == number
        and (place := _number_in(content, at=8)) is not None
    }
    for header in whole.inside(file, "moof", "traf", "tfhd")[:_MOST_FRAGMENTS]:
        content = header.read(file)
        if _number_in(content, at=4) != number:
            continue
        flags = int.from_bytes(content[1:4], "big")
        own = _number_in(content, at=16 if flags & _HAS_OFFSET else 8) if flags & _HAS_DESCRIPTION else None
        yield from usual if own is None else {own}


def _number_in(content: bytes, *, at: int) -> int | None:
    return int(_NUMBER.unpack_from(content, at)[0]) if len(content) >= at + _NUMBER.size else None
