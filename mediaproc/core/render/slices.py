"""Which windows a timeline is drawn in: as few as keep the inputs and the memory of one run of ffmpeg bounded.

Any frame can be a cut, since pictures are drawn by their absolute frame. A cut is made where a clip begins that would
be one too many: a key frame costs least there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.quantities import told_length
from mediaproc.core.render.room_file import Files
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Clip, Material, Timeline

# What one run of ffmpeg may read: each input has a thread or two and open files, and each decoder keeps some of its
# pictures until the run ends (pixels; sixteen films of 1080 lines).
_MOST_INPUTS = 60
_MOST_PIXELS = 16 * 1920 * 1088
# Where as many things as that are seen at once, some room is left for those that follow: else each would begin a run.
_ROOM_TO_GROW = 1.5
# Nobody can tell so many pictures apart; and no node need hold their decoders.
_MOST_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Span:
    """Frames in which a clip is drawn, and what its pictures take."""

    first: int
    end: int
    inputs: int
    # Of all its inputs.
    pixels: int


@dataclass(frozen=True, kw_only=True)
class _Load:
    inputs: int = 0
    pixels: int = 0

    def plus(self, span: Span) -> "_Load":
        return _Load(inputs=self.inputs + span.inputs, pixels=self.pixels + span.pixels)

    def exceeds(self, most: "_Load") -> bool:
        return self.inputs > most.inputs or self.pixels > most.pixels

    @property
    def grown(self) -> "_Load":
        return _Load(
            inputs=max(_MOST_INPUTS, int(self.inputs * _ROOM_TO_GROW)),
            pixels=max(_MOST_PIXELS, int(self.pixels * _ROOM_TO_GROW)),
        )


def windows(timeline: Timeline, *, files: Files) -> Sequence[Window]:
    """The windows in their order; together they are the whole timeline.

    Raises:
        BadSource: more is seen at once than can be drawn.
    """
    cuts = [0, *_cuts(sorted(spans(timeline, files=files), key=lambda span: span.first), rate=timeline.rate)]
    return [Window(first=first, end=end) for first, end in zip(cuts, [*cuts[1:], timeline.frames], strict=True)]


def spans(timeline: Timeline, *, files: Files) -> Iterator[Span]:
    """For each clip that is seen when it is drawn: a transition also draws its clips beyond their ends."""
    for layer in timeline.layers:
        transitions = {each.before: each for each in layer.transitions}
        for place, clip in enumerate(layer.clips):
            before, after = transitions.get(place - 1), transitions.get(place)
            first = clip.first if before is None else min(clip.first, before.first)
            end = clip.end if after is None else max(clip.end, after.end)
            if first < timeline.frames:
                inputs, pixels = _cost(clip, files=files)
                yield Span(first=max(0, first), end=min(end, timeline.frames), inputs=inputs, pixels=pixels)


def _cuts(ordered: Sequence[Span], *, rate: Fraction) -> Iterator[int]:
    start, load, most = 0, _Load(), _Load().grown
    shown: list[Span] = []
    for span in ordered:
        if span.first > start and load.plus(span).exceeds(most):
            start = span.first
            yield start
            shown = [each for each in shown if each.end > start]
            load = _Load()
            for each in shown:
                load = load.plus(each)
        shown.append(span)
        load = load.plus(span)
        if span.first == start:
            most = load.grown
            _refuse_crowd(load, at=float(start / rate))


def _refuse_crowd(load: _Load, *, at: float) -> None:
    if load.inputs > _MOST_AT_ONCE:
        raise BadSource(
            f"The draft shows {load.inputs} pictures at once, {told_length(at)} from its beginning; at most"
            f" {_MOST_AT_ONCE} can be drawn.",
            error_class=ErrorClass.TOO_LARGE,
        )


def _cost(clip: Clip, *, files: Files) -> tuple[int, int]:
    """Inputs and pixels."""
    inputs, pixels = len(clip.pieces), 0
    if isinstance(clip.source, Material):
        pixels = inputs * pixels_of(clip.source, files=files)
    else:
        within = [_cost(each, files=files) for layer in clip.source.layers for each in layer.clips]
        inputs, pixels = (inputs * sum(each[side] for each in within) for side in (0, 1))
    if isinstance(clip.fill_behind, Material):
        inputs, pixels = inputs + 1, pixels + pixels_of(clip.fill_behind, files=files)
    return inputs, pixels


def pixels_of(material: Material, *, files: Files) -> int:
    """Of one decoded picture."""
    file = files.get(material)
    return file.video.width * file.video.height if file is not None and file.video is not None else 0
