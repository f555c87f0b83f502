"""How large a text is drawn at most: libass draws whole lines, also what of them lies beyond the canvas."""

import math

from mediaproc.core.captions.layout import Layout
from mediaproc.core.captions.moments import Pose
from mediaproc.core.timeline.model import Canvas
from mediaproc.core.timeline.text import Text

# Of the longer side of the canvas: no more than a stroke is seen of higher letters.
_HIGHEST_LINE = 2
# Pixels of a line; libass takes up to eight bytes for each where it is blurred.
_MOST_PIXELS = 32_000_000


def largest_scale(layout: Layout, *, canvas: Canvas) -> float:
    """Up to which scale the text is drawn as large as it should be; always above 0."""
    height = max(layout.line_height, 1.0)
    width = max(layout.width, height)
    by_height = _HIGHEST_LINE * max(canvas.width, canvas.height) / height
    return min(by_height, math.sqrt(_MOST_PIXELS / (width * height)))


def limited(pose: Pose, *, largest: float) -> Pose:
    """The same pose with neither scale beyond the largest."""
    return pose.scaled(min(1.0, largest / max(abs(pose.scale_x), abs(pose.scale_y))))


def may_be_too_large(text: Text, *, canvas: Canvas) -> bool:
    """False where it cannot be, by its letters alone: laying a text out takes far more time."""
    highest = _largest_of(text) * max(run.style.line_height for run in text.runs)
    return highest > max(canvas.width, canvas.height) or (highest * len(text.words)) ** 2 > _MOST_PIXELS


def is_too_large(text: Text, *, largest: float) -> bool:
    """Whether any of its keyframes has a scale beyond the largest."""
    return _largest_of(text) > largest


def _largest_of(text: Text) -> float:
    curves = (text.placement.scale_x, text.placement.scale_y)
    return max(abs(each.value) for curve in curves for each in curve.keyframes)
