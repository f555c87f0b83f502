"""Where a text is at each moment: spans of frames in which nothing about its place changes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from mediaproc.core.timeline.curve import Curve
from mediaproc.core.timeline.placement import Placement
from mediaproc.core.timeline.text import Text

# What cannot be told apart on the canvas is the same place.
_DIGITS = 3


class Window(Protocol):
    """The frames of a timeline from `first` to before `end`."""

    @property
    def first(self) -> int:
        """The first frame."""

    @property
    def end(self) -> int:
        """The first frame after it."""


@dataclass(frozen=True, kw_only=True)
class Pose:
    """A placement at one moment."""

    x: float
    y: float
    scale_x: float
    scale_y: float
    # Degrees, clockwise.
    rotation: float
    opacity: float

    @property
    def is_seen(self) -> bool:
        """Whether anything is there at all."""
        return self.opacity > 0 and self.scale_x != 0 and self.scale_y != 0

    def scaled(self, factor: float) -> "Pose":
        """As much larger or smaller about its middle."""
        return replace(self, scale_x=self.scale_x * factor, scale_y=self.scale_y * factor)


@dataclass(frozen=True, kw_only=True)
class Span:
    """The frames from `first` to before `end`, counted from the beginning of the window."""

    first: int
    end: int
    pose: Pose


def spans(text: Text, *, window: Window) -> Iterator[Span]:
    """The spans of a text within a window in which it is seen."""
    first, end = max(text.first, window.first), min(text.end, window.end)
    if first >= end:
        return
    curves = _curves(text.placement)
    if all(curve.is_constant for curve in curves):
        yield from _seen(first, end, _pose(text, curves, frame=0), window=window)
        return
    start, pose = first, _pose(text, curves, frame=first - text.first)
    for frame in range(first + 1, end):
        next_pose = _pose(text, curves, frame=frame - text.first)
        if next_pose != pose:
            yield from _seen(start, frame, pose, window=window)
            start, pose = frame, next_pose
    yield from _seen(start, end, pose, window=window)


def _seen(first: int, end: int, pose: Pose, *, window: Window) -> Iterator[Span]:
    if pose.is_seen:
        yield Span(first=first - window.first, end=end - window.first, pose=pose)


def _curves(placement: Placement) -> tuple[Curve, ...]:
    return (
        *(placement.centre_x, placement.centre_y, placement.scale_x, placement.scale_y),
        *(placement.rotation, placement.opacity),
    )


def _pose(text: Text, curves: tuple[Curve, ...], *, frame: int) -> Pose:
    x, y, scale_x, scale_y, rotation, opacity = (round(curve.value(frame), _DIGITS) for curve in curves)
    return Pose(
        x=x,
        y=y,
        scale_x=-scale_x if text.placement.flip_horizontal else scale_x,
        scale_y=-scale_y if text.placement.flip_vertical else scale_y,
        rotation=rotation % 360,
        opacity=min(max(opacity, 0.0), 1.0),
    )
