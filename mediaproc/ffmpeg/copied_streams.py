"""Faults of streams that only their bytes show: parameters that change midway, key frames that do not start, holes."""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from mediaproc.core.packets import PacketFacts
from mediaproc.ffmpeg.mp4_boxes import BoxContent

# Kinds of H.264 units (NAL): a slice, a slice that needs no earlier picture, messages (SEI), a set of parameters.
_SLICE, _IDR_SLICE, _MESSAGES, _PARAMETERS = 1, 5, 6, 7
_KIND = 0x1F
# The kinds that a standard names, and the bit of the same byte that is never set.
_KINDS, _FORBIDDEN = range(1, 22), 0x80
# Kinds of messages with free content: registered user data and other; the byte that ends the messages of a unit.
_USER_DATA, _END_OF_MESSAGES, _FULL = frozenset({4, 5}), 0x80, 0xFF
# x264 marks the message that holds its own settings with this.
_OF_X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")
# More units than any encoder puts before the first slice of a picture.
_MOST_UNITS = 64

# The first element of a packet of AAC: one channel, or two.
_ONE_CHANNEL, _TWO_CHANNELS = 0, 1
_ELEMENT_SHIFT = 5

# An entry's boxes follow its own fields (78 bytes of a video entry's).
_VISUAL_FIELDS = 78
_ENTRIES_BEGIN = 8
_LENGTH_SIZE, _SETS_BEGIN, _MOST_SETS = 0x3, 6, 0x1F


def video_fault(output: Path, *, packets: PacketFacts, keeps_units: bool) -> str | None:
    """What is wrong with a copied H.264 stream in an mp4, if anything; `keeps_units`: it has all the source's units."""
    with output.open("rb") as file:
        configurations = list(_configurations(file, BoxContent(begin=0, end=output.stat().st_size)))
        if len(configurations) != 1:
            return "its picture has not one description"
        declared, length_size = _declared(configurations[0])
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for place in packets.key_places:
                units = list(_units(data, place, length_size=length_size))
                if any(kind == _PARAMETERS and unit not in declared for kind, unit in units):
                    return "its picture changes its parameters midway"
                if not keeps_units and not any(kind == _IDR_SLICE for kind, _ in units):
                    return "a player needs what was left out to start at one of its key frames"
            all_units = (unit for place in packets.places for unit in _units(data, place, length_size=length_size))
            if keeps_units and any(kind == _MESSAGES and _holds_user_data(unit) for kind, unit in all_units):
                return "its picture carries user data, which may tell places and devices"
    return None


def unit_fault(output: Path, *, places: Sequence[int]) -> str | None:
    """What is wrong with the packets of an H.264 stream at these places, if anything: each begins with whole units.

    It sees every packet, for next to nothing: a hole, noise or another packet in the place of one. What is damaged
    within a slice only a decoder sees.
    """
    with output.open("rb") as file:
        configurations = list(_configurations(file, BoxContent(begin=0, end=output.stat().st_size)))
        if len(configurations) != 1:
            return "its picture has not one description"
        _, length_size = _declared(configurations[0])
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if not all(_begins_with_units(data, place, length_size=length_size) for place in places):
                return "a packet of its picture holds no picture"
    return None


def _begins_with_units(data: mmap.mmap, place: int, *, length_size: int) -> bool:
    """Whether whole units with possible kinds lead to a slice."""
    at, most = place, len(data)
    for _ in range(_MOST_UNITS):
        begin = at + length_size
        at = begin + int.from_bytes(data[at:begin], "big")
        if at > most or at <= begin:
            return False
        kind = data[begin]
        if kind & _FORBIDDEN or kind & _KIND not in _KINDS:
            return False
        if _SLICE <= kind & _KIND <= _IDR_SLICE:
            return True
    return False


def _holds_user_data(messages: bytes) -> bool:
    """Whether a unit of messages (SEI) has user data; a message's type and size are bytes of 255 and a last one."""
    at = 1
    while at < len(messages) and messages[at] != _END_OF_MESSAGES:
        kind, at = _in_255s(messages, at)
        size, at = _in_255s(messages, at)
        if kind in _USER_DATA and not messages[at:].startswith(_OF_X264):
            return True
        at += size
    return False


def _in_255s(messages: bytes, at: int) -> tuple[int, int]:
    number = 0
    while at < len(messages) and messages[at] == _FULL:
        number, at = number + _FULL, at + 1
    return number + (messages[at] if at < len(messages) else 0), at + 1


def _configurations(file: BinaryIO, whole: BoxContent) -> Iterator[bytes]:
    for descriptions in whole.inside(file, "moov", "trak", "mdia", "minf", "stbl", "stsd"):
        for name, entry in descriptions.boxes(file, behind=_ENTRIES_BEGIN):
            if name == "avc1":
                yield from (box.read(file) for kind, box in entry.boxes(file, behind=_VISUAL_FIELDS) if kind == "avcC")


def _declared(configuration: bytes) -> tuple[set[bytes], int]:
    """The parameter sets of an `avcC` box, and how many bytes the length of a unit takes."""
    declared: set[bytes] = set()
    if len(configuration) < _SETS_BEGIN:
        return declared, 4
    at = _SETS_BEGIN
    for _ in range(configuration[_SETS_BEGIN - 1] & _MOST_SETS):
        size = int.from_bytes(configuration[at : at + 2], "big")
        declared.add(configuration[at + 2 : at + 2 + size])
        at += 2 + size
    return declared, (configuration[4] & _LENGTH_SIZE) + 1


def _units(data: mmap.mmap, place: int, *, length_size: int) -> Iterator[tuple[int, bytes]]:
    """The units of the packet at `place` up to its first slice, each with its kind; of slices only the kind."""
    at = place
    for _ in range(_MOST_UNITS):
        begin = at + length_size
        if begin >= len(data):
            return
        at = begin + int.from_bytes(data[at:begin], "big")
        kind = data[begin] & _KIND
        if _SLICE <= kind <= _IDR_SLICE:
            yield kind, b""
            return
        yield kind, data[begin:at] if kind in {_PARAMETERS, _MESSAGES} else b""


def audio_fault(output: Path, *, places: Sequence[int], channels: int) -> str | None:
    """What is wrong with copied AAC of so many channels, if anything; `places` are where its packets begin."""
    wrong = {1: _TWO_CHANNELS, 2: _ONE_CHANNEL}.get(channels)
    with output.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if any(data[place] >> _ELEMENT_SHIFT == wrong for place in places if place < len(data)):
            return "its sound changes its channels midway"
    return None
