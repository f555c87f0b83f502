"""How fast a segment's material goes by: one speed, or a ramp that becomes stretches of one speed each."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from itertools import accumulate, pairwise

from mediaproc.core.draft import fields, refusals
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.counts import Counted
from mediaproc.core.draft.limits import MOST_SPEED_POINTS
from mediaproc.core.draft.segment import Segment
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.timeline.clip import SpeedPiece
from mediaproc.core.timeline.frame_grid import FrameGrid

# How a draft says that the speed changes: the editor, and a writer of drafts.
_RAMPS = (1, "curve")
_SLOWEST, _FASTEST = 0.01, 100.0
# Enough for the eye; each piece is an input of its own when it is drawn.
_MOST_PIECES = 16
_EVEN_SHARES = tuple(n / 64 for n in range(65))
_FINEST_SPEED = 1_000_000

# A speed (y) at each share (x) of the segment.
_Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What of its material a clip or a sound goes through, and how fast; as `Clip` has it."""

    source_start: int
    source_duration: int
    speed: Fraction
    pieces: tuple[SpeedPiece, ...]


def read_pace(segment: Segment, *, first: int, frames: int, is_reversed: bool, context: Context) -> Pace:
    """The pace of a segment that is drawn from the frame `first` on for so many frames.

    Where speed, source range and place on the timeline contradict each other, the place and the speed count.
    """
    speed = Fraction(segment.speed).limit_denominator(_FINEST_SPEED)
    duration = round(segment.duration * speed)
    claimed = segment.source_duration
    if claimed and not context.grid.are_same(round(claimed / speed), segment.duration):
        context.notes.take(NoteCode.SPEED_AGAINST_RANGE, segment.where)
    whole = SpeedPiece(frames=frames, source_start=segment.source_start, speed=speed)
    pieces: tuple[SpeedPiece, ...] = (whole,)
    points, name = _ramp(segment)
    if points and frames > 1:
        context.counts.take(Counted.RAMPS, 1)
        bounds = _bounds(first, frames)
        places = _source_places(points, bounds=bounds, mean_speed=segment.speed)
        pieces = _pieces(
            bounds, places, start=segment.source_start, duration=duration, grid=context.grid, is_reversed=is_reversed
        )
        context.notes.take(NoteCode.SPEED_RAMP, segment.where, name=name, value=str(len(pieces)))
    return Pace(source_start=segment.source_start, source_duration=duration, speed=speed, pieces=pieces)


def _ramp(segment: Segment) -> tuple[list[_Point], str]:
    for extra in segment.extras_of("speeds"):
        curve = fields.mapping(extra.fields, "curve_speed")
        if curve and extra.fields.get("mode") in _RAMPS:
            written = fields.mappings(curve, "speed_points", most=MOST_SPEED_POINTS)
            written = written or fields.mappings(curve, "points", most=MOST_SPEED_POINTS)
            points = sorted(
                (
                    fields.share(point, "x", default=0.0),
                    fields.number(point, "y", low=_SLOWEST, high=_FASTEST, default=1.0),
                )
                for point in written
            )
            if len(points) == 1:
                raise refusals.malformed("a changing speed has one point only")
            return points, fields.text(curve, "name")
    return [], ""


def _bounds(first: int, frames: int) -> list[int]:
    count = min(_MOST_PIECES, frames)
    return [first + frames * n // count for n in range(count + 1)]


def _source_places(points: list[_Point], *, bounds: list[int], mean_speed: float) -> list[float]:
    """Which share of the material has gone by at each bound.

    Whether the points stand at shares of the timeline or of the material is not written down anywhere: the one is taken
    under which the ramp has the mean speed that the segment claims.
    """
    ramp = _ramp_of(tuple(points))
    if abs(ramp.mean_over_time - mean_speed) <= abs(ramp.mean_over_material - mean_speed):
        gone_by = partial(_interpolated, _EVEN_SHARES, ramp.places)
    else:
        gone_by = partial(_interpolated, ramp.times, _EVEN_SHARES)
    first, frames = bounds[0], bounds[-1] - bounds[0]
    return [gone_by((bound - first) / frames) for bound in bounds]


@dataclass(frozen=True, kw_only=True)
class _Ramp:
    """A changing speed, both ways that its points may be meant."""

    # At even shares of the time, the share of the material that has gone by; and the mean speed then.
    places: Sequence[float]
    mean_over_time: float
    # At even shares of the material, the share of the time that has gone by.
    times: Sequence[float]
    mean_over_material: float


@lru_cache(maxsize=64)  # one ramp is named by many segments
def _ramp_of(points: tuple[_Point, ...]) -> _Ramp:
    speeds = [_speed_at(points, (here + there) / 2) for here, there in pairwise(_EVEN_SHARES)]
    slownesses = [1 / speed for speed in speeds]
    return _Ramp(
        places=_shares(speeds),
        mean_over_time=_mean(speeds),
        times=_shares(slownesses),
        mean_over_material=1 / _mean(slownesses),
    )


def _pieces(
    bounds: list[int], places: list[float], *, start: int, duration: int, grid: FrameGrid, is_reversed: bool
) -> tuple[SpeedPiece, ...]:
    # Played from its end, each piece shows what lies as far from the end.
    spans = [(1 - there, 1 - here) if is_reversed else (here, there) for here, there in pairwise(places)]
    return tuple(
        SpeedPiece(
            frames=last - first,
            source_start=start + round(low * duration),
            speed=Fraction(
                max(1, round(high * duration) - round(low * duration)),
                grid.microseconds(last) - grid.microseconds(first),
            ),
        )
        for (first, last), (low, high) in zip(pairwise(bounds), spans, strict=True)
    )


def _speed_at(points: Sequence[_Point], share: float) -> float:
    place = bisect_left(points, (share, math.inf))
    if place == 0:
        return points[0][1]
    if place == len(points):
        return points[-1][1]
    (x, y), (next_x, next_y) = points[place - 1], points[place]
    return y if next_x == x else y + (next_y - y) * (share - x) / (next_x - x)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _shares(parts: Sequence[float]) -> list[float]:
    whole = math.fsum(parts)
    return [0.0, *(min(1.0, each / whole) for each in accumulate(parts))]


def _interpolated(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    place = min(max(bisect_left(xs, x), 1), len(xs) - 1)
    low, high = xs[place - 1], xs[place]
    share = 0.0 if high == low else min(max((x - low) / (high - low), 0.0), 1.0)
    return ys[place - 1] + share * (ys[place] - ys[place - 1])
