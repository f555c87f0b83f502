"""What an output is compared with, and the filter graph that makes both sides small enough to compare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ffmpeg
from mediaproc.core.plan.audio_filters import stereo
from mediaproc.core.plan.copy_or_encode import carrier
from mediaproc.core.plan.expected_length import shown_times
from mediaproc.core.plan.filter_graph import Graph, written
from mediaproc.core.plan.frame_rate import picture_rate
from mediaproc.core.plan.geometry import display_size
from mediaproc.core.plan.normalise import normalised
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.similarity import CELLS_A_SIDE, STEP

# Pictures are made this small first, and then into cells (pixels of the shorter side).
_SMALL = 64

# Of a film up to the first length (s) all sound is compared; of a longer one so many pieces of the second length.
_ONE_PIECE = 12.0
PIECE = 6.0
_PIECES = 3

# In these containers a seek finds a key frame. In others it may end between two, and the decoder makes grey pictures:
# only pictures that come so soon (s) that no seek is needed are compared.
_INDEXED = frozenset({"mov", "matroska", "avi", "flv"})
_SOON = 6.0

# The picture of a moment is at most so far from it (s): the coarsest clock that was met has milliseconds.
_NEAR = 0.003

# A film is read from so long before a moment (s) until so many pictures behind it, at most so long (s): of H.264 and
# HEVC so many pictures may be decoded before the one of the moment and shown after it.
_BEFORE, _BEHIND, _LONGEST_BEHIND = 0.1, 17, 5.0

_SOUND_RATE = 8_000

# How a picture becomes cells, each the mean of what it covers.
_MEANS = {"flags": "area", "out_color_matrix": "bt709", "out_range": "tv"}

# The names by which the two sides are told apart in what the graph prints.
SOURCE, OUTPUT = "source", "output"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What of a source is compared; moments and pieces are on the rendition's clock (s)."""

    # The source's time (s) at the rendition's 0.
    start: float
    video: VideoStream | None
    audio: tuple[AudioStream, ...]
    # What lies under a transparent picture.
    background: str
    # When the source has a picture that is compared.
    moments: tuple[float, ...]
    # How long (s) the film is read behind each moment.
    behind: float
    # When each piece of sound begins, and how long each is (s).
    pieces: tuple[float, ...]
    piece: float

    @property
    def parts(self) -> Iterator["Comparison"]:
        """Each moment by itself, then all the sound: decoding pictures takes much memory, decoding sound little."""
        yield from (replace(self, moments=(moment,), pieces=()) for moment in self.moments)
        yield replace(self, moments=())


def comparison_of(
    probe: Probe,
    *,
    video: VideoStream | None,
    audio: Sequence[AudioStream],
    start: float,
    background: str = "black",
    stride: int = 1,
) -> Comparison | None:
    """The beginning, the middle and the end; None where the source's times do not tell when those are.

    `start` is the source's time at the rendition's 0.
    """
    stream = video or (audio[0] if audio else None)
    times = shown_times(stream, start=start) if stream is not None else ()
    if not times:
        return None
    length = times[-1]
    shown = times[::stride] if carrier(probe) in _INDEXED else [time for time in times[::stride] if time <= _SOON]
    whole = length <= _ONE_PIECE
    last = max(0.0, length - PIECE)
    pieces = (0.0,) if whole else tuple(last * place / (_PIECES - 1) for place in range(_PIECES))
    return Comparison(
        start=start,
        video=video,
        audio=tuple(audio),
        background=background,
        moments=tuple(_moments(shown)) if video is not None and shown else (),
        behind=min(_LONGEST_BEHIND, _BEHIND / ((video and picture_rate(video)) or 1.0)),
        pieces=pieces,
        piece=_ONE_PIECE if whole else PIECE,
    )


def _moments(times: Sequence[float]) -> Iterator[float]:
    """Some times of pictures: near the beginning, in the middle and near the end."""
    for part in dict.fromkeys(round((len(times) - 1) * share) for share in (0.1, 0.5, 0.9)):
        if times[part] >= 0:
            yield times[part]


@dataclass(frozen=True, kw_only=True)
class Input:
    """One `-i`: which side it is, and what of it is read (s of its own clock from its begin)."""

    side: str
    seek: float
    length: float


@dataclass(frozen=True, kw_only=True)
class Graphs:
    """What is read, a graph that prints what is compared of it, and the labels of its ends."""

    inputs: tuple[Input, ...]
    text: str
    ends: tuple[str, ...]


def comparison_graphs(comparison: Comparison, *, pictures: bool, sound: bool) -> Graphs:
    """The graphs of both sides; `pictures` and `sound` say what is compared."""
    inputs: list[Input] = []
    shown: list[Graph] = []
    heard: list[Graph] = []
    for side in (SOURCE, OUTPUT):
        for moment in comparison.moments if pictures else ():
            shown.append(_picture_graph(comparison, side=side, number=len(inputs), moment=moment))
            # To a little before the moment, whose time may be rounded up; a moment that comes soon needs no seek.
            seek = moment - _BEFORE if moment > _SOON else 0.0
            inputs.append(Input(side=side, seek=seek, length=moment - seek + comparison.behind))
        for piece in comparison.pieces if sound else ():
            heard.append(_sound_graph(comparison, side=side, number=len(inputs), piece=piece))
            inputs.append(Input(side=side, seek=piece, length=comparison.piece))
    # A graph may give nothing, and an output that gets nothing fails: all are joined to one, with a blank of its own.
    ends = (
        (shown, "pictures", "color=s=2x2:d=0.04,format=yuv444p", "interleave"),
        (heard, "sounds", f"anullsrc=r={_SOUND_RATE}:cl=mono:d=0.04,aformat=sample_fmts=fltp", "ainterleave"),
    )
    texts = [
        f"{';'.join(graph.text for graph in graphs)};{blank}[blank-{name}];"
        f"{''.join(graph.label for graph in graphs)}[blank-{name}]{joined}=nb_inputs={len(graphs) + 1}[{name}]"
        for graphs, name, blank, joined in ends
        if graphs
    ]
    return Graphs(
        inputs=tuple(inputs), text=";".join(texts), ends=tuple(f"[{name}]" for graphs, name, _, _ in ends if graphs)
    )


def _picture_graph(comparison: Comparison, *, side: str, number: int, moment: float) -> Graph:
    video = comparison.video
    if video is None:
        raise ValueError("there is no picture to compare")
    source = side == SOURCE
    at = moment + (comparison.start if source else 0.0)
    picture = ffmpeg.input("source")[str(video.index) if source else "v:0"].filter(
        "select", f"lt(abs(t-{at:.6f}),{_NEAR})"
    )
    small = display_size(video, max_height=_SMALL)
    if source:
        picture = normalised(picture, video, size=small, background=comparison.background, fields=False)
    else:
        picture = picture.filter("scale", *small)
    side_of_all = CELLS_A_SIDE * 2  # a cell of 2 x 2 pixels of one colour, since the statistics want an even side
    picture = picture.filter("scale", side_of_all, side_of_all, **_MEANS)
    picture = picture.filter("format", "yuv444p").filter("setsar", 1).filter("untile", f"{CELLS_A_SIDE}x{CELLS_A_SIDE}")
    picture = _printed(picture.filter("signalstats"), "metadata", f"{side}-picture-{moment:.6f}")
    return _numbered(written(picture, label=f"picture-{number}"), number)


def _sound_graph(comparison: Comparison, *, side: str, number: int, piece: float) -> Graph:
    # The source's own times count: no stretching, no silence put in.
    source = ffmpeg.input("source")
    sound = stereo(source, comparison.audio, in_step=False) if side == SOURCE else source["a:0"]
    sound = sound.filter("aresample", _SOUND_RATE).filter("aformat", sample_fmts="fltp", channel_layouts="mono")
    sound = sound.filter("asetnsamples", n=round(_SOUND_RATE * STEP), p=0)
    sound = sound.filter("astats", metadata=1, reset=1, measure_perchannel="none", measure_overall="RMS_level")
    sound = _printed(sound, "ametadata", f"{side}-sound-{piece:.6f}")
    return _numbered(written(sound, label=f"sound-{number}"), number)


def _printed(stream: Any, kind: str, piece: str) -> Any:  # noqa: ANN401 - ffmpeg-python ships no types
    stream = stream.filter(kind, mode="add", key="piece", value=piece)
    return stream.filter(kind, mode="print", file="-", direct=1)


def _numbered(graph: Graph, number: int) -> Graph:
    """The graph for another input than the first."""
    return Graph(text=graph.text.replace("[0:", f"[{number}:"), label=graph.label)
