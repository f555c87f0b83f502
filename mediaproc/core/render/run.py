"""Runs: clips of one layer that hang together by transitions, and so are drawn in one go."""

from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Clip, Layer, Transition


@dataclass(frozen=True, kw_only=True)
class Run:
    """A clip, or several with a transition between each two."""

    clips: tuple[Clip, ...]
    transitions: tuple[Transition, ...] = ()

    @property
    def window(self) -> Window:
        """The frames in which any of it is seen."""
        return Window(first=self.clips[0].first, end=self.clips[-1].end)

    def shown(self, place: int) -> Window:
        """The frames of the timeline in which the clip at this place is drawn, those of its transitions included.

        The first frame of a transition is that of the clip which leaves, alone.
        """
        clip = self.clips[place]
        first = self.transitions[place - 1].first + 1 if place else clip.first
        end = self.transitions[place].end if place < len(self.transitions) else clip.end
        return Window(first=first, end=end)

    def within(self, window: Window) -> "Run":
        """Only the clips that are drawn in the window, and the transitions between them."""
        seen = [n for n in range(len(self.clips)) if window.overlaps(self.shown(n).first, self.shown(n).end)]
        return Run(
            clips=self.clips[seen[0] : seen[-1] + 1],
            transitions=self.transitions[seen[0] : seen[-1]],
        )


def runs(layer: Layer, window: Window) -> list[Run]:
    """The runs of a layer that are seen in the window, in the order of time."""
    return [run.within(window) for run in _runs(layer) if window.overlaps(run.window.first, run.window.end)]


def _runs(layer: Layer) -> Iterator[Run]:
    joined = {transition.before: transition for transition in layer.transitions}
    begin = 0
    for place in range(len(layer.clips)):
        if place not in joined:
            between = tuple(joined[n] for n in range(begin, place))
            yield Run(clips=layer.clips[begin : place + 1], transitions=between)
            begin = place + 1
