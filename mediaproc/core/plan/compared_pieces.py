"""The filter graphs that make a picture or a piece of sound small enough to compare, and print it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import ffmpeg
from mediaproc.core.plan.audio_filters import stereo
from mediaproc.core.plan.decoded_places import NEAR
from mediaproc.core.plan.filter_graph import MOST_KEPT, Graph, written
from mediaproc.core.plan.geometry import display_size
from mediaproc.core.plan.normalise import normalised
from mediaproc.core.probe import AudioStream, VideoStream
from mediaproc.core.similarity import CELLS_A_SIDE, STEP

# The names by which the two sides are told apart in what the graph prints.
SOURCE, OUTPUT = "source", "output"

SOUND_RATE = 8_000

# Pictures are made this small first, and then into cells (pixels of the shorter side).
_SMALL = 64

# How a picture becomes cells, each the mean of what it covers.
_MEANS = {"flags": "area", "out_color_matrix": "bt709", "out_range": "tv"}

# What differs from one piece to the next stands in a kept graph as these words, which nothing else in it looks like.
_AT, _PIECE, _END = "<at>", "<piece>", "<end>"


def picture_piece(
    video: VideoStream, *, side: str, number: int, at: float, moment: float, background: str, name: str
) -> Graph:
    """The picture that input `number` shows at `at` (s of its own clock), printed as that of `moment`."""
    kept = _picture_at(video.unwalked, side=side, background=background)
    return _filled(kept.replace(_AT, f"{at:.6f}").replace(_PIECE, f"{moment:.6f}"), number=number, name=name)


def sound_piece(streams: Sequence[AudioStream], *, side: str, number: int, piece: float, name: str) -> Graph:
    """The sound of input `number`, printed as that of `piece`; `streams` are the source's."""
    kept = _sound_of(tuple(stream.unwalked for stream in streams), side=side)
    return _filled(kept.replace(_PIECE, f"{piece:.6f}"), number=number, name=name)


@lru_cache(maxsize=MOST_KEPT)
def _picture_at(video: VideoStream, *, side: str, background: str) -> str:
    source = side == SOURCE
    picture = ffmpeg.input("source")[str(video.index) if source else "v:0"].filter("select", f"lt(abs(t-{_AT}),{NEAR})")
    small = display_size(video, max_height=_SMALL)
    if source:
        picture = normalised(picture, video, size=small, background=background, fields=False)
    else:
        picture = picture.filter("scale", *small)
    side_of_all = CELLS_A_SIDE * 2  # a cell of 2 x 2 pixels of one colour, since the statistics want an even side
    picture = picture.filter("scale", side_of_all, side_of_all, **_MEANS)
    picture = picture.filter("format", "yuv444p").filter("setsar", 1).filter("untile", f"{CELLS_A_SIDE}x{CELLS_A_SIDE}")
    return _printed(picture.filter("signalstats"), "metadata", f"{side}-picture-{_PIECE}")


@lru_cache(maxsize=MOST_KEPT)
def _sound_of(streams: tuple[AudioStream, ...], *, side: str) -> str:
    # The source's own times count: no stretching, no silence put in.
    source = ffmpeg.input("source")
    sound = stereo(source, streams, in_step=False) if side == SOURCE else source["a:0"]
    sound = sound.filter("aresample", SOUND_RATE).filter("aformat", sample_fmts="fltp", channel_layouts="mono")
    sound = sound.filter("asetnsamples", n=round(SOUND_RATE * STEP), p=0)
    sound = sound.filter("astats", metadata=1, reset=1, measure_perchannel="none", measure_overall="RMS_level")
    return _printed(sound, "ametadata", f"{side}-sound-{_PIECE}")


def _printed(stream: Any, kind: str, piece: str) -> str:  # noqa: ANN401 - ffmpeg-python ships no types
    stream = stream.filter(kind, mode="add", key="piece", value=piece)
    return written(stream.filter(kind, mode="print", file="-", direct=1), label=_END).text


def _filled(kept: str, *, number: int, name: str) -> Graph:
    """The kept graph for another input than the first, and with a name of its own for its end."""
    text = kept.replace("[0:", f"[{number}:").replace(_END, name)
    return Graph(text=text, label=f"[{name}]")
