"""Which pictures of a material a clip shows in some of its frames: takes, each one run through it at one speed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Clip, SpeedPiece

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Take:
    """So many frames; the one after the other shows what the material shows `step` later."""

    # Microseconds of the material that its first frame shows; those of its last frame where it is reversed.
    start: Fraction
    # Microseconds of the material for each frame.
    step: Fraction
    frames: int
    is_reversed: bool = False

    @property
    def held_first(self) -> int:
        """How many frames lie before the material's beginning, where its first picture is held."""
        return min(self.frames - 1, max(0, math.ceil(-self.start / self.step)))

    @property
    def begin(self) -> Fraction:
        """Microseconds of the material at the first frame that lies in it."""
        return max(Fraction(0), self.start + self.held_first * self.step)

    @property
    def last(self) -> Fraction:
        """Microseconds of the material that the latest frame shows."""
        return self.start + (self.frames - 1) * self.step


def takes(clip: Clip, frames: Window, *, rate: Fraction) -> tuple[Take, ...]:
    """The takes of these frames of a clip, counted from its own beginning.

    Frames before 0 and from the clip's end on show what its material has there, for a transition.
    """
    return tuple(_takes(clip, frames, rate=rate))


def _takes(clip: Clip, frames: Window, *, rate: Fraction) -> Iterator[Take]:
    begins = 0
    for place, piece in enumerate(clip.pieces):
        ends = begins + piece.frames
        # The first and the last piece go on beyond the clip.
        first = frames.first if place == 0 else max(frames.first, begins)
        end = frames.end if place == len(clip.pieces) - 1 else min(frames.end, ends)
        if first < end:
            yield _take(piece, Window(first=first - begins, end=end - begins), clip=clip, rate=rate)
        begins = ends


def _take(piece: SpeedPiece, frames: Window, *, clip: Clip, rate: Fraction) -> Take:
    step = _MICROSECONDS * piece.speed / rate
    # Backwards the first frame shows what the last one would show forwards.
    forwards = piece.frames - frames.end if clip.is_reversed else frames.first
    return Take(
        start=piece.source_start + forwards * step,
        step=step,
        frames=frames.frames,
        is_reversed=clip.is_reversed,
    )
