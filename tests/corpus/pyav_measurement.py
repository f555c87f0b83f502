"""Measures a source and its output with PyAV, in a process of its own that shares no code with the product.

Run as a script with the two paths, it prints one JSON list with the measurement of each.
"""

import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Cells on each side of a coarse picture.
_COARSE = 8


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What PyAV finds when it decodes everything.

    `seconds` reach from the first picture's begin to the last one's end, `span` to the last one's begin. `rotation` is
    how far the file asks a player to turn its picture, in degrees counterclockwise. `picture` is the first frame as it
    is stored, in coarse greys. `sound_seconds` is the length of the decoded samples, or the range of their timestamps
    where that is less: in some files the timestamps stand still.
    """

    frames: int
    width: int
    height: int
    codec: str
    pixel_format: str
    seconds: float
    span: float
    rotation: int
    picture: list[list[int]]
    sound_frames: int
    sound_seconds: float
    key_frames: int


def measure(source: Path, output: Path) -> tuple[Measurement, Measurement]:
    """The measurements of both, made by a child process."""
    command = [sys.executable, __file__, str(source), str(output)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if answer.returncode != 0:
        raise AssertionError(f"PyAV ended with {answer.returncode} on {source.name}: {answer.stderr[-1000:]}")
    first, second = json.loads(answer.stdout.splitlines()[-1])
    return Measurement(**first), Measurement(**second)


def mean_differences_by_rotation(source: Measurement, output: Measurement) -> dict[int, float]:
    """The mean difference in greys between the output's picture and the source's at each rotation in degrees."""
    found = {}
    turned = source.picture
    for degrees in (0, 90, 180, 270):
        pairs = [pair for rows in zip(turned, output.picture, strict=True) for pair in zip(*rows, strict=True)]
        found[degrees] = sum(abs(one - other) for one, other in pairs) / len(pairs)
        turned = [list(column) for column in zip(*turned, strict=True)][::-1]
    return found


def stands_upright(source: Measurement, output: Measurement) -> bool:
    """Whether the output shows the source as its rotation asks: each other rotation differs at least twice as much."""
    others = mean_differences_by_rotation(source, output)
    asked = others.pop(source.rotation % 360)
    return 2 * asked < min(others.values())


def _measure(av: Any, path: str, *, strict: bool) -> dict[str, Any]:  # noqa: ANN401 - PyAV ships its types only in part
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        film = film_of(av, container)
        sounds = [stream for stream in container.streams.audio if stream.codec_context is not None]
        sound = sounds[0] if sounds else None
        film.thread_type = "NONE"
        first = last = None
        found = {"frames": 0, "sound_frames": 0, "key_frames": 0}
        size, rotation, step = (0, 0), 0, 0.0
        picture: list[list[int]] = []
        heard, begins, ends = 0.0, [], []
        for packet in container.demux([film, *([sound] if sound else [])]):
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                if strict:
                    raise
                continue
            for frame in decoded:
                if isinstance(frame, av.AudioFrame):
                    found["sound_frames"] += 1
                    lasts = frame.samples / frame.sample_rate
                    heard += lasts
                    if frame.time is not None:
                        begins.append(frame.time)
                        ends.append(frame.time + lasts)
                    continue
                found["frames"] += 1
                found["key_frames"] += bool(frame.key_frame)
                picture = picture or _coarse(frame)
                size, rotation = (frame.width, frame.height), frame.rotation
                if frame.time is not None:
                    first = frame.time if first is None else min(first, frame.time)
                    last = frame.time if last is None else max(last, frame.time)
                    step = float((frame.duration or 0) * frame.time_base)
        aspect = film.sample_aspect_ratio or 1
        return {
            **found,
            "width": round(size[0] * float(aspect)),
            "height": size[1],
            "codec": film.codec_context.name,
            "pixel_format": str(film.codec_context.pix_fmt),
            "seconds": (last - first + step) if first is not None else 0.0,
            "span": last - first if first is not None else 0.0,
            "rotation": rotation,
            "picture": picture,
            "sound_seconds": min(heard, max(ends) - min(begins)) if begins else heard,
        }


def _coarse(frame: Any) -> list[list[int]]:  # noqa: ANN401
    """The whole frame in so few cells that neither its size nor the encoder matters."""
    plane = frame.reformat(width=_COARSE, height=_COARSE, format="gray").planes[0]
    greys = bytes(plane)
    return [list(greys[row * plane.line_size :][:_COARSE]) for row in range(_COARSE)]


def film_of(av: Any, container: Any) -> Any:  # noqa: ANN401
    """The stream that a player would show: no cover art, the default one, else the largest."""
    films = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None
        and stream.codec_context.width > 0
        and not stream.disposition & av.stream.Disposition.attached_pic
    ]
    return max(
        films,
        key=lambda s: (bool(s.disposition & av.stream.Disposition.default), s.width * s.height, -s.index),
    )


if __name__ == "__main__":
    pyav = importlib.import_module("av")  # in the child only: hostile files are not for the tests' own process
    print(json.dumps([_measure(pyav, sys.argv[1], strict=False), _measure(pyav, sys.argv[2], strict=True)]))  # noqa: T201
