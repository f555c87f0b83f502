"""What of a source its output can be compared with, and the filter graph that makes both small enough to compare."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.core.plan.compared_pieces import OUTPUT, SOUND_RATE, SOURCE, picture_piece, sound_piece
from mediaproc.core.plan.copy_or_encode import carrier
from mediaproc.core.plan.decoded_places import Portion
from mediaproc.core.plan.expected_length import shown_times
from mediaproc.core.plan.filter_graph import Graph
from mediaproc.core.probe import AudioStream, Probe, VideoStream

# In these containers a seek finds a key frame. In others it may end between two, and the decoder makes grey pictures:
# only pictures that come so soon (s) that no seek is needed are compared.
_INDEXED = frozenset({"mov", "matroska", "avi", "flv"})
_SOON = 6.0
# In these the packets of a sound begin anywhere: what is decoded first behind a seek is the rest of one.
_CUT_BY_SEEKS = frozenset({"mpeg"})


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What of a source can be compared; all times are on the rendition's clock (s)."""

    # The source's time (s) at the rendition's 0.
    start: float
    video: VideoStream | None
    audio: tuple[AudioStream, ...]
    # What lies under a transparent picture.
    background: str
    # When the source shows pictures that can be compared.
    times: Sequence[float]
    # When it shows key frames that a seek finds.
    key_times: Sequence[float]
    # When its last picture begins to be shown, or its last sound to be heard.
    end: float
    # Whether the sound behind a seek begins with an error.
    is_cut_by_seeks: bool


def comparison_of(
    probe: Probe,
    *,
    video: VideoStream | None,
    audio: Sequence[AudioStream],
    start: float,
    background: str = "black",
    stride: int = 1,
) -> Comparison | None:
    """What can be compared; None where the source's times do not tell when its pictures are shown.

    `start` is the source's time at the rendition's 0.
    """
    stream = video or (audio[0] if audio else None)
    times = shown_times(stream, start=start) if stream is not None else ()
    if stream is None or not times:
        return None
    is_indexed = carrier(probe) in _INDEXED
    keys = stream.packets.seekable_times if is_indexed and stream.packets is not None else ()
    return Comparison(
        start=start,
        video=video,
        audio=tuple(audio),
        background=background,
        times=times[::stride] if is_indexed else [time for time in times[::stride] if time <= _SOON],
        key_times=sorted(time - start for time in keys),
        end=times[-1],
        is_cut_by_seeks=carrier(probe) in _CUT_BY_SEEKS,
    )


@dataclass(frozen=True, kw_only=True)
class Input:
    """One `-i`: which side it is, what of it is read (s of its own clock from its begin), whether only key frames."""

    side: str
    seek: float
    length: float
    key_frames_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Graphs:
    """What is read, a graph that prints what is compared of it, and the labels of its ends."""

    inputs: tuple[Input, ...]
    text: str
    ends: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Which streams an output has, and which of them are compared with the source's."""

    has_pictures: bool
    has_sound: bool
    compares_pictures: bool = False
    compares_sound: bool = False

    @property
    def without_source(self) -> "Sides":
        """The output alone."""
        return Sides(has_pictures=self.has_pictures, has_sound=self.has_sound)


def decoding_graphs(portion: Portion, comparison: Comparison | None, *, sides: Sides) -> Graphs:
    """The graphs that decode a portion of the output, and print what of it is compared, and the source's beside it."""
    graphs = _GraphWriter(comparison)
    if sides.has_pictures:
        graphs.decode_pictures(portion, sides=sides)
    if sides.compares_sound and comparison is not None:
        graphs.compare_sound(portion)
    if sides.has_sound:
        graphs.decode_sound(portion)
    return graphs.joined()


class _GraphWriter:
    """Collects the graphs of one run, and its inputs: two graphs that read the same share an input."""

    def __init__(self, comparison: Comparison | None) -> None:
        self._comparison = comparison
        self._inputs: list[Input] = []
        self._shown: list[Graph] = []
        self._heard: list[Graph] = []
        self._sounding: set[int] = set()

    def decode_pictures(self, portion: Portion, *, sides: Sides) -> None:
        comparison, moments = self._comparison, portion.moments if sides.compares_pictures else ()
        slice_input = Input(side=OUTPUT, seek=portion.begin, length=portion.length)
        if comparison is not None and moments:
            source = Input(side=SOURCE, seek=portion.source_begin, length=portion.source_length)
            for each in (source, slice_input):
                number = self._number(each)
                for moment in moments:
                    name = f"picture-{len(self._shown)}"
                    self._shown.append(
                        _picture_graph(comparison, side=each.side, number=number, moment=moment, name=name)
                    )
        elif portion.length > 0:
            self._shown.append(_unseen_pictures(self._number(slice_input), name=f"picture-{len(self._shown)}"))
        if portion.key_frames:
            keys = Input(side=OUTPUT, seek=0.0, length=math.inf, key_frames_only=True)
            self._shown.append(_unseen_pictures(self._number(keys), name=f"picture-{len(self._shown)}"))

    def compare_sound(self, portion: Portion) -> None:
        if self._comparison is None or portion.piece is None:
            return
        for side in (SOURCE, OUTPUT):
            # All sound is read along with all key frames, where both are.
            along = side == OUTPUT and portion.key_frames and math.isinf(portion.piece_length)
            number = self._number(
                Input(side=side, seek=portion.piece, length=portion.piece_length, key_frames_only=along)
            )
            name = f"sound-{len(self._heard)}"
            self._heard.append(_sound_graph(self._comparison, side=side, number=number, piece=portion.piece, name=name))
            self._sounding.add(number)

    def decode_sound(self, portion: Portion) -> None:
        number = self._number(Input(side=OUTPUT, seek=portion.begin, length=portion.length))
        if number not in self._sounding:
            name = f"sound-{len(self._heard)}"
            text = f"[{number}:a:0]aselect=0,aresample={SOUND_RATE},aformat=sample_fmts=fltp:channel_layouts=mono"
            self._heard.append(Graph(text=f"{text}[{name}]", label=f"[{name}]"))

    def _number(self, wanted: Input) -> int:
        if wanted not in self._inputs:
            self._inputs.append(wanted)
        return self._inputs.index(wanted)

    def joined(self) -> Graphs:
        # A graph may give nothing, and an output that gets nothing fails: all are joined to one, with a blank of its
        # own. Both sides have pictures of the same times, of which ffmpeg would complain: they are numbered.
        ends = (
            (self._shown, "pictures", "color=s=2x2:d=0.04,format=yuv444p", "interleave", "setpts"),
            (
                self._heard,
                "sounds",
                f"anullsrc=r={SOUND_RATE}:cl=mono:d=0.04,aformat=sample_fmts=fltp",
                "ainterleave",
                "asetpts",
            ),
        )
        texts = [
            f"{';'.join(graph.text for graph in graphs)};{blank}[blank-{name}];"
            f"{''.join(graph.label for graph in graphs)}[blank-{name}]"
            f"{joined}=nb_inputs={len(graphs) + 1},{counted}=N[{name}]"
            for graphs, name, blank, joined, counted in ends
            if graphs
        ]
        return Graphs(
            inputs=tuple(self._inputs),
            text=";".join(texts),
            ends=tuple(f"[{name}]" for graphs, name, *_ in ends if graphs),
        )


def _unseen_pictures(number: int, *, name: str) -> Graph:
    """Pictures that are only decoded."""
    return Graph(text=f"[{number}:v:0]select=0,scale=2:2,format=yuv444p,setsar=1[{name}]", label=f"[{name}]")


def _picture_graph(comparison: Comparison, *, side: str, number: int, moment: float, name: str) -> Graph:
    video = comparison.video
    if video is None:
        raise ValueError("there is no picture to compare")
    at = moment + (comparison.start if side == SOURCE else 0.0)
    return picture_piece(
        video, side=side, number=number, at=at, moment=moment, background=comparison.background, name=name
    )


def _sound_graph(comparison: Comparison, *, side: str, number: int, piece: float, name: str) -> Graph:
    streams = comparison.audio if side == SOURCE else ()
    return sound_piece(streams, side=side, number=number, piece=piece, name=name)
