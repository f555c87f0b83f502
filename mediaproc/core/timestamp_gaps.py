"""Long gaps between two pictures: a hole in the file, a still, or a step of the clock, told apart by their bytes."""

from collections.abc import Iterable
from dataclasses import dataclass

# Two pictures further apart than this are looked at (s), so many of them at most.
LONG_GAP = 0.5
MOST_GAPS = 1_000

# What the file spends on a gap, as a part of what it spends elsewhere on as long a time: a hole that lost its packets
# keeps their bytes, a still and its sound come to less, a step of the clock takes next to nothing.
_OF_A_SURE_HOLE, _OF_A_HOLE, _OF_A_STEP = 0.8, 0.25, 0.1
# A film of few pictures a second has long gaps anyway: a hole takes at least so many of them.
_PICTURES_OF_A_HOLE = 10
# A step of the clock shorter than this may as well be a still; it is from here on that ffmpeg takes it out (s).
SHORTEST_STEP = 10.0


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The time between two pictures, and how far apart they stand in the file (bytes)."""

    seconds: float
    size: int


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """What the gaps of a stream come to, in seconds; `PacketFacts` explains each."""

    holes: float
    sure_holes: float
    steps: float


def sum_up(gaps: Iterable[Gap], *, spacing: float, byte_rate: float | None) -> Gaps:
    """The gaps by what they are; `spacing` (s) between pictures and `byte_rate` (bytes/s) are those outside of them."""
    gaps = list(gaps)
    holes = [gap for gap in gaps if gap.seconds >= _PICTURES_OF_A_HOLE * spacing]
    return Gaps(
        holes=_spending(holes, byte_rate=byte_rate, least=_OF_A_HOLE),
        sure_holes=_spending(holes, byte_rate=byte_rate, least=_OF_A_SURE_HOLE),
        steps=_steps(gaps, byte_rate=byte_rate),
    )


def _spending(gaps: Iterable[Gap], *, byte_rate: float | None, least: float) -> float:
    if byte_rate is None:
        return 0.0
    return sum(gap.seconds for gap in gaps if gap.size >= least * byte_rate * gap.seconds)


def _steps(gaps: Iterable[Gap], *, byte_rate: float | None) -> float:
    if byte_rate is None:
        return 0.0
    return sum(
        gap.seconds for gap in gaps if gap.seconds >= SHORTEST_STEP and gap.size < _OF_A_STEP * byte_rate * gap.seconds
    )
