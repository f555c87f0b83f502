"""A film's pictures and the energy of its sound by time, as PyAV decodes them in a process of its own.

Run as a module with a path and `times` or `back-to-back`, it prints one JSON object. It shares no code with the
product.
"""

import importlib
import json
import math
import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import mul
from pathlib import Path
from typing import Any

from tests.corpus.pyav_measurement import film_of

_ROOT = Path(__file__).resolve().parents[2]

# Cells on each side of a coarse picture: so few that an encoder's loss hardly shows, enough to tell pictures apart.
_COARSE = 8

# A packet so far from the first one (s) has a clock that restarted; silence up to there would fill the memory.
_LONGEST = 3600.0


# Of each format of samples: its code in an array, full scale, and silence.
_SAMPLES = {
    "u8": ("B", 2**7, 2**7),
    "s16": ("h", 2**15, 0),
    "s32": ("i", 2**31, 0),
    "flt": ("f", 1, 0),
    "dbl": ("d", 1, 0),
}


class SoundTiming(StrEnum):
    """How packets of sound are placed in time."""

    BY_TIMES = "times"  # each at its timestamp, with silence where there is no packet
    BACK_TO_BACK = "back-to-back"  # as browsers play an mp4: the first at its timestamp, then sample after sample


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture's time of presentation (s), and its greys, row after row."""

    at: float
    greys: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """All pictures by their times, and the sound's energy in each millisecond from the `begin`th on; empty without any.

    `sounding` is how long its samples last (s), whatever their times say.

    Times are the container's with its edit lists applied, and nothing is subtracted: picture and sound of a film have
    the same origin, so that what shifts both at once cancels out.
    """

    pictures: Sequence[Picture]
    begin: int
    energies: Sequence[float]
    sounding: float


class Undecodable(Exception):
    """PyAV ended while it decoded the film."""


def decoded(path: Path, heard: SoundTiming) -> Decoded:
    """What a child process decodes: hostile files are not for the tests' own. Raises Undecodable."""
    command = [sys.executable, "-m", "tests.reports.decoding", str(path.resolve()), heard]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=_ROOT)
    if answer.returncode != 0:
        raise Undecodable(f"PyAV ended with {answer.returncode} on {path.name}: {answer.stderr[-1000:]}")
    found = json.loads(answer.stdout.splitlines()[-1])
    pictures = [Picture(at=at, greys=bytes.fromhex(greys)) for at, greys in found["pictures"]]
    return Decoded(pictures=pictures, begin=found["begin"], energies=found["energies"], sounding=found["sounding"])


def _decode(av: Any, path: str, heard: SoundTiming) -> dict[str, Any]:  # noqa: ANN401 - PyAV ships its types only in part
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        film = film_of(av, container)
        film.thread_type = "NONE"
        sounds = [stream for stream in container.streams.audio if stream.codec_context is not None]
        pictures: list[tuple[float, str]] = []
        meter = _Meter(heard)
        for frame in _frames(av, container, [film, *sounds[:1]]):
            if isinstance(frame, av.AudioFrame):
                meter.add(frame)
            elif frame.time is not None:
                pictures.append((frame.time, _coarse(frame)))
        begin = min(meter.energies, default=0)
        span = range(begin, max(meter.energies, default=begin - 1) + 1)
        energies = [meter.energies.get(moment, 0.0) for moment in span]
        return {"pictures": sorted(pictures), "begin": begin, "energies": energies, "sounding": meter.sounding}


def _frames(av: Any, container: Any, streams: Sequence[Any]) -> Iterator[Any]:  # noqa: ANN401
    """Whatever decodes; what does not is left out, as a player does."""
    for packet in container.demux(streams):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _coarse(frame: Any) -> str:  # noqa: ANN401
    plane = frame.reformat(width=_COARSE, height=_COARSE, format="gray").planes[0]
    greys = bytes(plane)
    return b"".join(greys[row * plane.line_size :][:_COARSE] for row in range(_COARSE)).hex()


class _Meter:
    """Adds up the energy of sound in each millisecond, all channels together, so that no downmix matters."""

    def __init__(self, heard: SoundTiming) -> None:
        self.energies: dict[int, float] = {}
        self.sounding = 0.0
        self._heard = heard
        self._first: float | None = None
        self._now = 0.0

    def add(self, frame: Any) -> None:  # noqa: ANN401
        if frame.time is None and self._first is None:
            return  # its time is unknown
        if self._first is None or (frame.time is not None and self._heard is SoundTiming.BY_TIMES):
            self._now = frame.time
        self._first = self._now if self._first is None else self._first
        if abs(self._now - self._first) < _LONGEST:
            for samples in _channels(frame):
                self._spread(samples, per_second=len(samples) / frame.samples * frame.sample_rate)
        self._now += frame.samples / frame.sample_rate
        self.sounding += frame.samples / frame.sample_rate

    def _spread(self, samples: Sequence[float], *, per_second: float) -> None:
        at = 0
        while at < len(samples):
            moment = math.floor((self._now + at / per_second) * 1000 + 1e-6)
            end = max(at + 1, math.ceil(((moment + 1) / 1000 - self._now) * per_second - 1e-6))
            part = samples[at:end]
            self.energies[moment] = self.energies.get(moment, 0.0) + sum(map(mul, part, part)) / per_second
            at = end


def _channels(frame: Any) -> Iterator[Sequence[float]]:  # noqa: ANN401
    """The samples of each plane, full scale being 1; packed channels share one, sample after sample.

    PyAV's own conversion is not used: it fails on a layout of unknown channels.
    """
    kind = frame.format.name.removesuffix("p")
    code, scale, zero = _SAMPLES[kind]
    count = frame.samples * (1 if frame.format.is_planar else frame.layout.nb_channels)
    for plane in frame.planes:
        raw = array(code)
        raw.frombytes(bytes(plane)[: count * raw.itemsize])
        yield raw if scale == 1 else [(sample - zero) / scale for sample in raw]


if __name__ == "__main__":
    pyav = importlib.import_module("av")
    print(json.dumps(_decode(pyav, sys.argv[1], SoundTiming(sys.argv[2]))))  # noqa: T201
