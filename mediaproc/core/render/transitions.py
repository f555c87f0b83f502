"""A run of clips as segments: canvases of clips alone, and between them canvases crossed by `xfade`."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from mediaproc.core.render.colours import FROM_RGB, NAMED
from mediaproc.core.render.context import Context
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.run import Run
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Clip, Transition, TransitionKind

# `xfade` takes the least and the most of a plane for black and white, which they are in RGB alone.
_THROUGH_A_COLOUR = frozenset({TransitionKind.FADE_BLACK, TransitionKind.FADE_WHITE})


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stream of whole canvases for some frames of the timeline."""

    label: str
    window: Window


def segments(
    run: Run, window: Window, *, whole: Callable[[Clip, Window], str], is_opaque: bool, context: Context
) -> list[Segment]:
    """The segments of a run that are seen in the window; `whole` draws some frames of a clip as canvases."""
    drawn = _drawn(run, window)
    found: list[Segment] = []
    leaving: Segment | None = None
    for place, clip in enumerate(run.clips):
        shown = run.shown(place).within(drawn)
        before = run.transitions[place - 1] if place else None
        after = run.transitions[place] if place < len(run.transitions) else None
        label = whole(clip, Window(first=shown.first - clip.first, end=shown.end - clip.first))
        bounds = (shown.first if before is None else before.end, shown.end if after is None else after.first + 1)
        arriving, alone, next_leaving = _divided(Segment(label=label, window=shown), *bounds, context=context)
        if before is not None and leaving is not None and arriving is not None:
            found.append(_crossed(leaving, arriving, before, is_opaque=is_opaque, context=context))
        found += [] if alone is None else [alone]
        leaving = next_leaving
    return [
        _cut(each, window, context=context) for each in found if window.overlaps(each.window.first, each.window.end)
    ]


def _drawn(run: Run, window: Window) -> Window:
    """The window, and the whole of each transition that it cuts: `xfade` begins at the beginning."""
    firsts, ends = [each.first + 1 for each in run.transitions], [each.end for each in run.transitions]
    return Window(first=min([window.first, *firsts]), end=max([window.end, *ends]))


def _divided(
    segment: Segment, first: int, end: int, *, context: Context
) -> tuple[Segment | None, Segment | None, Segment | None]:
    """What lies before `first`, from there to `end`, and from there on; None where that is nothing."""
    bounds = (segment.window.first, first, end, segment.window.end)
    windows = [Window(first=low, end=high) if low < high else None for low, high in pairwise(bounds)]
    wanted = [each for each in windows if each is not None]
    if len(wanted) == 1:
        parts = [segment]
    else:
        labels = context.graph.copies(segment.label, count=len(wanted))
        copies = [Segment(label=label, window=segment.window) for label in labels]
        parts = [_cut(copy, each, context=context) for copy, each in zip(copies, wanted, strict=True)]
    rest = iter(parts)
    before, middle, after = (None if each is None else next(rest) for each in windows)
    return before, middle, after


def _cut(segment: Segment, window: Window, *, context: Context) -> Segment:
    part = segment.window.within(window)
    if part == segment.window:
        return segment
    first = part.first - segment.window.first
    filters = Filters().filter("trim", start_frame=first, end_frame=first + part.frames)
    filters = filters.then(context.reader.exactly(part.frames))
    return Segment(label=context.graph.chain(filters, segment.label), window=part)


def _crossed(
    leaving: Segment, arriving: Segment, transition: Transition, *, is_opaque: bool, context: Context
) -> Segment:
    """The two streams of a transition as one."""
    full, half = ("yuv444p", "yuv420p") if is_opaque else ("yuva444p", "yuva420p")
    in_rgb = transition.kind in _THROUGH_A_COLOUR
    if in_rgb:
        full = "gbrp" if is_opaque else "gbrap"
    labels = [context.graph.chain(Filters().filter("format", full), each.label) for each in (leaving, arriving)]
    seconds = Fraction(transition.frames) / context.rate
    # Its first frame is not among these: there `xfade` would show nothing of the arriving clip, but reads beyond edges.
    passed = -float(1 / context.rate)
    filters = Filters().filter("xfade", transition=str(transition.kind), duration=float(seconds), offset=passed)
    filters = (filters.then(FROM_RGB) if in_rgb else filters).filter("format", half).then(NAMED)
    return Segment(label=context.graph.chain(filters, *labels), window=leaving.window)
