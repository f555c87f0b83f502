"""Values that change over time as ffmpeg's expressions: pieces of straight lines, found by halving."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

# How far a line may lie off the curve, in the unit of the value: a 64th of a pixel is not seen.
FINEST = 1 / 64


@dataclass(frozen=True, kw_only=True)
class _Line:
    """From the frame `first` on the value is `value` and `slope` more with each frame."""

    first: int
    value: float
    slope: float


def frame_number(rate: Fraction, *, offset: int = 0, time: str = "t") -> str:
    """The number of the frame that a filter sees at the time `time`, plus the offset."""
    number = f"{time}*{rate.numerator}/{rate.denominator}"
    return f"({number}+{offset})" if offset else f"({number})"


def expression(value: Callable[[int], float], *, first: int, end: int, finest: float = FINEST) -> str:
    """The values at the frames from `first` to before `end`, in terms of `ld(0)`, which must hold the frame's number.

    Outside of these frames it goes on as its first and last piece do.
    """
    return _halved(_lines(value, first=first, end=end, finest=finest))


def at_frame(number: str, written: str) -> str:
    """The expression that knows the frame's number as `ld(0)`."""
    return f"st(0,{number});{written}"


def _lines(value: Callable[[int], float], *, first: int, end: int, finest: float) -> list[_Line]:
    lines: list[_Line] = []
    at, begins = first, value(first)
    low, high = float("-inf"), float("inf")
    for frame in range(first + 1, end):
        here = value(frame)
        passed = frame - at
        lowest, highest = (here - finest - begins) / passed, (here + finest - begins) / passed
        if max(low, lowest) > min(high, highest):
            lines.append(_Line(first=at, value=begins, slope=_middle(low, high)))
            at, begins, low, high = frame, here, float("-inf"), float("inf")
        else:
            low, high = max(low, lowest), min(high, highest)
    return [*lines, _Line(first=at, value=begins, slope=_middle(low, high))]


def _middle(low: float, high: float) -> float:
    if low == float("-inf"):
        return 0.0
    return 0.0 if low <= 0 <= high else (low + high) / 2


def _halved(lines: Sequence[_Line]) -> str:
    if len(lines) == 1:
        line = lines[0]
        return f"({line.value:.6f}+{line.slope:.9f}*(ld(0)-{line.first}))" if line.slope else f"{line.value:.6f}"
    middle = len(lines) // 2
    early, late = _halved(lines[:middle]), _halved(lines[middle:])
    return f"if(lt(ld(0),{lines[middle].first}-0.5),{early},{late})"
