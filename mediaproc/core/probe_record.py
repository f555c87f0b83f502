"""A Probe as bytes that are kept with its file, and back: read as strictly as what a stranger wrote."""

import json
import re
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import accumulate, pairwise
from typing import TypeVar, get_type_hints

from mediaproc.core.container_header import ContainerFacts
from mediaproc.core.packets import PacketFacts
from mediaproc.core.probe import AudioStream, Probe, VideoStream

# Raise it when a fact gets another meaning or form: then no record of the earlier form is taken for one of this.
_FORM = 2

# Bytes. What has a larger record, such as a film of many hours whose pictures come irregularly, is probed again.
LARGEST_RECORD = 1024 * 1024
_LARGEST_CONTENT = 24 * LARGEST_RECORD
# Times are kept as the differences of whole microseconds, as ffprobe prints them.
_MICROSECONDS = 1_000_000
_DIFFERENCE = "q"

# No fact of a file is beyond these: ASF states sizes of 64 bits, and names are cut at 100 characters.
_LARGEST_NUMBER = 2**64
_LONGEST_TEXT = 100
_MOST_STREAMS = 1_000
_KEPT_APART = frozenset({"times", "key_times", "places", "key_places"})
_FRACTION = re.compile(r"([0-9]{1,16})/([1-9][0-9]{0,15})")


Facts = TypeVar("Facts")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a record must be of: the file's bytes by their SHA-256, and the program that told its facts."""

    file_id: str
    # The versions of the programs, and the options that the facts depend on.
    prober: str

    def heading(self) -> Mapping[str, object]:
        """The same in the record."""
        return {"form": _FORM, "file": self.file_id, "prober": self.prober}


def write_record(probe: Probe, *, origin: Origin) -> bytes | None:
    """The record of these facts; None where it would be too large, or would not give the same facts again."""
    times = [times for facts in _walks(probe) for times in (facts.times, facts.key_times)]
    try:
        head = {**origin.heading(), "times": [len(each) for each in times], "probe": _plain(probe)}
        content = json.dumps(head, allow_nan=False).encode() + b"\n" + b"".join(map(_differences, times))
    except (ValueError, OverflowError):  # a time that is no number of microseconds, or a fact beyond all bounds
        return None
    record = zlib.compress(content)
    return record if read_record(record, origin=origin) == probe else None


def read_record(record: bytes, *, origin: Origin) -> Probe | None:
    """The facts in the record; None where it is not whole, or not of this file, this form and this prober."""
    try:
        head, _, rest = _unpacked(record).partition(b"\n")
        document = json.loads(head)
        if (
            not isinstance(document, dict)
            or {name: document.get(name) for name in origin.heading()} != origin.heading()
        ):
            return None
        return _with_times(_facts(Probe, document["probe"]), lengths=document["times"], packed=rest)
    except (ValueError, KeyError, RecursionError, zlib.error):
        return None


def _unpacked(record: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(record, _LARGEST_CONTENT) if len(record) <= LARGEST_RECORD else b""
    if not unpacking.eof:
        raise ValueError("too large, or cut off")
    return content


def _walks(probe: Probe) -> Iterator[PacketFacts]:
    return (stream.packets for stream in probe.watchable if stream.packets is not None)


# --- The times, in binary: of a long film they are a million.


def _differences(times: Sequence[float]) -> bytes:
    whole = [round(time * _MICROSECONDS) for time in times]
    return _little_endian(array(_DIFFERENCE, (after - before for before, after in pairwise((0, *whole))))).tobytes()


def _with_times(probe: Probe, *, lengths: object, packed: bytes) -> Probe:
    """The same facts with the times of each walk, which follow each other in `packed`."""
    walks = list(_walks(probe))
    counts = [_integer(count) for count in _list(lengths, most=2 * len(walks))]
    if len(counts) != 2 * len(walks) or min(counts, default=0) < 0:
        raise ValueError("times of other streams")
    ends = [end * array(_DIFFERENCE).itemsize for end in accumulate(counts, initial=0)]
    if ends[-1] != len(packed):
        raise ValueError("times of nothing")
    pieces = [_times(packed[begin:end]) for begin, end in pairwise(ends)]
    taken: dict[int, PacketFacts] = {}
    watched = [stream for stream in probe.watchable if stream.packets is not None]
    for stream, facts, times, key_times in zip(watched, walks, pieces[::2], pieces[1::2], strict=True):
        if len(times) not in {0, facts.count - facts.discarded} or len(key_times) > facts.keyframes:
            raise ValueError("not the times of these packets")
        taken[stream.index] = replace(facts, times=times, key_times=key_times)
    if len(taken) != len(walks):
        raise ValueError("two streams of one index")
    return replace(
        probe,
        videos=tuple(replace(video, packets=taken.get(video.index)) for video in probe.videos),
        audios=tuple(replace(audio, packets=taken.get(audio.index)) for audio in probe.audios),
    )


def _times(packed: bytes) -> Sequence[float]:
    differences = array(_DIFFERENCE)
    differences.frombytes(packed)
    return array("d", (whole / _MICROSECONDS for whole in accumulate(_little_endian(differences)))) or ()


def _little_endian(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


# --- All other facts, in JSON: what reads a field follows from its type.


def _plain(value: object) -> object:
    match value:
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case tuple():
            return [_plain(each) for each in value]
        case ContainerFacts() | PacketFacts() | VideoStream() | AudioStream() | Probe():
            return {name: _plain(getattr(value, name)) for name in _FIELDS[type(value)]}
        case _:
            return value


def _facts(kind: type[Facts], value: object) -> Facts:
    readers = _FIELDS[kind]
    if not isinstance(value, dict) or value.keys() != readers.keys():
        raise ValueError(f"not the fields of {kind.__name__}")
    return kind(**{name: read(value[name]) for name, read in readers.items()})


def _integer(value: object) -> int:
    if type(value) is not int or abs(value) > _LARGEST_NUMBER:
        raise ValueError("not a whole number")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_NUMBER:
        raise ValueError("not a number")
    return float(value)


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError("neither true nor false")
    return value


def _text(value: object) -> str:
    if type(value) is not str or len(value) > _LONGEST_TEXT:
        raise ValueError("not a short text")
    return value


def _fraction(value: object) -> Fraction:
    found = _FRACTION.fullmatch(_text(value))
    if found is None:
        raise ValueError("not a fraction")
    return Fraction(int(found[1]), int(found[2]))


def _list(value: object, *, most: int = _MOST_STREAMS) -> list[object]:
    if type(value) is not list or len(value) > most:
        raise ValueError("not a short list")
    return value


def _or_none(read: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: None if value is None else read(value)


_READERS: Mapping[object, Callable[[object], object]] = {
    int: _integer,
    int | None: _or_none(_integer),
    float: _number,
    float | None: _or_none(_number),
    bool: _flag,
    str: _text,
    Fraction | None: _or_none(_fraction),
    ContainerFacts: partial(_facts, ContainerFacts),
    PacketFacts | None: _or_none(partial(_facts, PacketFacts)),
    tuple[VideoStream, ...]: lambda value: tuple(_facts(VideoStream, each) for each in _list(value)),
    tuple[AudioStream, ...]: lambda value: tuple(_facts(AudioStream, each) for each in _list(value)),
}

# The fields of each kind of facts; those of packets are without the times, which are kept apart.
_FIELDS: Mapping[type, Mapping[str, Callable[[object], object]]] = {
    kind: {name: _READERS[of] for name, of in get_type_hints(kind).items() if name not in _KEPT_APART}
    for kind in (ContainerFacts, PacketFacts, VideoStream, AudioStream, Probe)
}
