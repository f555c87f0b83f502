"""How large a picture becomes, and how one of another shape is fitted into it."""

import math
from fractions import Fraction
from typing import Any

from mediaproc.core.probe import VideoStream

# No side beyond this: H.264 decoders in hardware stop there (pixels).
_LONGEST_SIDE = 4096

# A sample aspect ratio beyond these is a broken header, not a lens.
_WIDEST_PIXEL = 16

# A shape that differs less than this (a part of it) from the film's own is that one, rounded to whole pixels.
_SAME_SHAPE = 0.02


def display_size(video: VideoStream, *, max_height: int) -> tuple[int, int]:
    """Width and height in pixels of the upright picture with square pixels, even, its shorter side within bounds."""
    width, height = upright_size(video)
    shrink = min(Fraction(1), max_height / min(width, height), _LONGEST_SIDE / max(width, height))
    return _even(width * shrink), _even(height * shrink)


def fitted(picture: Any, video: VideoStream, *, size: tuple[int, int], options: dict[str, object]) -> Any:  # noqa: ANN401
    """The picture in `size`; a picture that changes its shape midway (a window, a phone that is turned) is fitted in.

    `options` are the scaler's own. The expressions are asked for each picture, which the decoder has turned upright.
    """
    width, height = size
    upright = upright_size(video)
    # `a` counts pixels, `dar` also their shape.
    shape = "dar" if _has_sane_pixels(video) else "a"
    usual = f"lt(abs({shape}/{float(upright[0] / upright[1]):.6f}-1),{_SAME_SHAPE})"
    across = f"if({usual},{width},max(2,min({width},2*round({height}*{shape}/2))))"
    down = f"if({usual},{height},max(2,min({height},2*round({width}/{shape}/2))))"
    return picture.filter("scale", across, down, eval="frame", **options)


def padded(picture: Any, *, size: tuple[int, int], colour: str) -> Any:  # noqa: ANN401
    """The picture in the middle of `size`, with `colour` where it does not reach."""
    return picture.filter("pad", *size, -1, -1, color=colour, eval="frame")


def upright_size(video: VideoStream) -> tuple[Fraction, Fraction]:
    """Width and height of the picture as it is meant to be seen, in square pixels."""
    sample = video.sample_aspect if video.sample_aspect and _has_sane_pixels(video) else Fraction(1)
    width, height = video.width * sample, Fraction(video.height)
    return (height, width) if round((video.rotation or 0.0) / 90) % 2 else (width, height)


def _has_sane_pixels(video: VideoStream) -> bool:
    return Fraction(1, _WIDEST_PIXEL) <= (video.sample_aspect or Fraction(1)) <= _WIDEST_PIXEL


def _even(side: Fraction) -> int:
    """The nearest side that yuv420p can have: even, at least 2; the smaller one of two that are as near."""
    return max(2, math.ceil(side / 2 - Fraction(1, 2)) * 2)
