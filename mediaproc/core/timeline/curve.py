"""A value that changes over time: keyframes, and how the value goes from each to the next."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import assert_never

# Halvings in the search for the place on a Bézier curve: the time is then right to 2**-40 of the interval.
_HALVINGS = 40


class Interpolation(StrEnum):
    """How a value goes from a keyframe to the next one."""

    HOLD = "hold"
    LINEAR = "linear"
    BEZIER = "bezier"


@dataclass(frozen=True, kw_only=True)
class Keyframe:
    """The value at a time; interpolation and `handle_out` are of the way to the next keyframe.

    A handle is where the control point of a cubic Bézier lies as seen from its keyframe: frames, and units of the
    value. `handle_in` belongs to the way that ends here.
    """

    # Frames from the beginning of what it belongs to; editors put keyframes between two frames, too.
    at: Fraction
    value: float
    interpolation: Interpolation = Interpolation.LINEAR
    handle_out: tuple[float, float] = (0.0, 0.0)
    handle_in: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """At least one keyframe, in the order of their times, none twice; before the first and after the last it rests."""

    keyframes: tuple[Keyframe, ...]

    @classmethod
    def constant(cls, value: float) -> "Curve":
        """A value that never changes."""
        return cls(keyframes=(Keyframe(at=Fraction(0), value=value),))

    @property
    def is_constant(self) -> bool:
        """Whether one value says it all."""
        return all(each.value == self.keyframes[0].value for each in self.keyframes) and not any(
            each.interpolation is Interpolation.BEZIER for each in self.keyframes
        )

    def value(self, frame: Fraction | int) -> float:
        """The value so many frames after the beginning."""
        place = bisect_right(self.keyframes, frame, key=lambda each: each.at)
        if place == 0:
            return self.keyframes[0].value
        before = self.keyframes[place - 1]
        if place == len(self.keyframes) or before.interpolation is Interpolation.HOLD:
            return before.value
        return _between(before, self.keyframes[place], at=frame)

    def mapped(self, *, factor: float, offset: float = 0.0) -> "Curve":
        """The same curve in another unit: each value times the factor, plus the offset."""
        return Curve(
            keyframes=tuple(
                replace(
                    each,
                    value=each.value * factor + offset,
                    handle_out=(each.handle_out[0], each.handle_out[1] * factor),
                    handle_in=(each.handle_in[0], each.handle_in[1] * factor),
                )
                for each in self.keyframes
            )
        )


def _between(before: Keyframe, after: Keyframe, *, at: Fraction | int) -> float:
    share = float((at - before.at) / (after.at - before.at))
    match before.interpolation:
        case Interpolation.HOLD:
            return before.value
        case Interpolation.LINEAR:
            return before.value + share * (after.value - before.value)
        case Interpolation.BEZIER:
            return _bezier(before, after, share=share)
        case _:
            assert_never(before.interpolation)


def _bezier(before: Keyframe, after: Keyframe, *, share: float) -> float:
    length = float(after.at - before.at)
    # Time never runs backwards on the curve if both control points lie within the interval.
    out = min(max(before.handle_out[0] / length, 0.0), 1.0)
    into = min(max(1.0 + after.handle_in[0] / length, 0.0), 1.0)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _cubic(middle, 0.0, out, into, 1.0) < share:
            low = middle
        else:
            high = middle
    first, last = before.value, after.value
    return _cubic(high, first, first + before.handle_out[1], last + after.handle_in[1], last)


def _cubic(t: float, first: float, second: float, third: float, last: float) -> float:
    rest = 1.0 - t
    return rest**3 * first + 3 * rest**2 * t * second + 3 * rest * t**2 * third + t**3 * last
