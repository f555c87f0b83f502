"""Where a timeline may be cut into windows, and how many files a window reads."""

from collections.abc import Iterator

from mediaproc.core.render.run import runs
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Clip, Material, Timeline


def inputs_in(timeline: Timeline, window: Window) -> int:
    """How many inputs the drawing of a window has, at the most."""
    return sum(
        _inputs(clip, run.shown(place).within(window))
        for layer in timeline.layers
        for run in runs(layer, window)
        for place, clip in enumerate(run.clips)
    )


def safe_cuts(timeline: Timeline) -> tuple[int, ...]:
    """The frames at which a window costs nothing to begin: there a clip begins or ends, and no transition is open.

    Every other frame can be a cut, too, since no frame depends on the window that it is drawn in. It costs the way from
    a key frame to there, and what lies before it of a transition.
    """
    ends = {end for layer in timeline.layers for clip in layer.clips for end in (clip.first, clip.end)}
    within = {
        frame
        for layer in timeline.layers
        for transition in layer.transitions
        for frame in range(transition.first + 1, transition.end)
    }
    return tuple(frame for frame in sorted(ends - within) if 0 < frame < timeline.frames)


def _inputs(clip: Clip, shown: Window) -> int:
    behind = 1 if isinstance(clip.fill_behind, Material) else 0
    parts = _pieces(clip, Window(first=shown.first - clip.first, end=shown.end - clip.first))
    if isinstance(clip.source, Timeline):
        inner = clip.source
        whole = Window(first=0, end=inner.frames)
        return behind + parts * inputs_in(inner, whole)
    return behind + parts


def _pieces(clip: Clip, frames: Window) -> int:
    """How many pieces of a clip are read for these of its frames."""
    return max(1, sum(frames.overlaps(first, end) for first, end in _bounds(clip)))


def _bounds(clip: Clip) -> Iterator[tuple[int, int]]:
    begins = 0
    for piece in clip.pieces:
        yield begins, begins + piece.frames
        begins += piece.frames
