"""The lag between two sounds, found by their loudness in each millisecond."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from tests.reports.reasons import NotMeasurable, Reason

# Loudness is a mean over so many milliseconds, so that the waves of a 100 Hz hum are no rhythm.
_SMOOTH = 10

# Milliseconds in a step of the coarse search; the fine one goes two of them to both sides of what it found.
_STEP = 10

# The fine search takes up so many of the coarse search's best places.
_CANDIDATES = 4

# Pearson's correlation below which two envelopes are of different sounds.
_ALIKE = 0.9

# A place so far from the best one (ms) is a rival, unless it is twice as unlike and by so much more. With a rival the
# sound repeats itself, and the right repetition is unknown.
_ELSEWHERE = 60
_UNLIKENESS = (2.0, 0.01)

# RMS below which there is silence (-80 dB), and the least deviation of loudness, as a part of its mean.
_SILENCE = 0.0001
_LIVELY = 0.1

# The least sound that is compared, and the most by which chance may have moved a lag (ms).
_SHORTEST = 100
_DOUBT = 3.0


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """RMS around each millisecond from the `begin`th on, full scale being 1; silence before and behind."""

    begin: int
    loudness: Sequence[float]

    def between(self, begin: int, end: int) -> Sequence[float]:
        """From one millisecond to another."""
        first, last = begin - self.begin, end - self.begin
        inside = self.loudness[max(0, first) : max(0, last)]
        before = min(max(0, -first), end - begin)
        return [*[0.0] * before, *inside, *[0.0] * (end - begin - before - len(inside))]


@dataclass(frozen=True, kw_only=True)
class Lag:
    """How much later one sound comes than another, their correlation there, and the possible error; times in ms."""

    milliseconds: float
    likeness: float
    doubt: float


def envelope(energies: Sequence[float], *, begin: int) -> Envelope:
    """Of the energy in each millisecond, full scale being 1 for a second."""
    half = _SMOOTH // 2
    sums = [0.0, *accumulate([*[0.0] * half, *energies, *[0.0] * half])]
    powers = (1000 * (after - before) / _SMOOTH for before, after in zip(sums, sums[_SMOOTH:], strict=False))
    return Envelope(begin=begin - half, loudness=[math.sqrt(max(0.0, power)) for power in powers])


def lag(one: Envelope, other: Envelope, *, begin: int, end: int, expected: int, reach: int) -> Lag:
    """How much later the `other` sounds what `one` sounds from `begin` to `end`.

    It is looked for within `reach` milliseconds of what is expected. Raises NotMeasurable.
    """
    pattern = one.between(begin, end)
    _require_rhythm(pattern)
    earliest = begin + expected - reach
    coarse = _likenesses(_thinned(pattern), _thinned(other.between(earliest, end + expected + reach)))
    places = sorted(_peaks(coarse), key=coarse.__getitem__)[-_CANDIDATES:]
    found = [_fine(pattern, other, at=earliest + place * _STEP) for place in places]
    best = max(found, key=lambda each: each.likeness)
    if best.likeness < _ALIKE:
        raise NotMeasurable(Reason.UNLIKE)
    if any(_rivals(best, each) for each in found):
        raise NotMeasurable(Reason.REPEATING)
    if best.doubt > _DOUBT:
        raise NotMeasurable(Reason.STEADY)
    return Lag(milliseconds=best.milliseconds - begin, likeness=best.likeness, doubt=best.doubt)


def _require_rhythm(pattern: Sequence[float]) -> None:
    if len(pattern) < _SHORTEST:
        raise NotMeasurable(Reason.SHORT)
    if max(pattern) < _SILENCE:
        raise NotMeasurable(Reason.SILENT)
    mean = sum(pattern) / len(pattern)
    deviation = math.sqrt(sum((each - mean) ** 2 for each in pattern) / len(pattern))
    if deviation < _LIVELY * mean:
        raise NotMeasurable(Reason.STEADY)


def _thinned(loudness: Sequence[float]) -> Sequence[float]:
    return [sum(loudness[at : at + _STEP]) for at in range(0, len(loudness) - _STEP + 1, _STEP)]


def _peaks(likenesses: Sequence[float]) -> Iterator[int]:
    padded = [-2.0, *likenesses, -2.0]
    for place, (before, here, after) in enumerate(zip(padded, padded[1:], padded[2:], strict=False)):
        if before <= here >= after:
            yield place


def _rivals(best: Lag, other: Lag) -> bool:
    factor, besides = _UNLIKENESS
    elsewhere = abs(other.milliseconds - best.milliseconds) > _ELSEWHERE
    return elsewhere and 1 - other.likeness < factor * (1 - best.likeness) + besides


def _fine(pattern: Sequence[float], other: Envelope, *, at: int) -> Lag:
    """The best place around `at`; `milliseconds` is where the pattern begins there."""
    reach = 2 * _STEP
    likenesses = _likenesses(pattern, other.between(at - reach, at + len(pattern) + reach))
    place = max(range(1, len(likenesses) - 1), key=likenesses.__getitem__)
    before, here, after = likenesses[place - 1 : place + 2]
    bend = max(1e-12, 2 * here - before - after)
    shift = max(-0.5, min(0.5, (after - before) / 2 / bend))
    # What is unlike counts as noise, independent wherever loudness is; a sharp peak is moved little by it.
    doubt = math.sqrt(max(0.0, 1 - here * here) * _SMOOTH / len(pattern) / bend)
    return Lag(milliseconds=at - reach + place + shift, likeness=here, doubt=doubt)


def _likenesses(pattern: Sequence[float], series: Sequence[float]) -> Sequence[float]:
    """Pearson's correlation of a pattern with every part of a longer series that is as long."""
    size = len(pattern)
    mean = sum(pattern) / size
    centred = [each - mean for each in pattern]
    norm = math.sqrt(sum(map(mul, centred, centred)))
    sums = [0.0, *accumulate(series)]
    squares = [0.0, *accumulate(map(mul, series, series))]

    def at(place: int) -> float:
        total = sums[place + size] - sums[place]
        spread = squares[place + size] - squares[place] - total * total / size
        scale = norm * math.sqrt(max(0.0, spread))
        return sum(map(mul, centred, series[place : place + size])) / scale if scale > 1e-12 else 0.0

    return [at(place) for place in range(len(series) - size + 1)]
