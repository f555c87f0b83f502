"""Whether an output shows and sounds like its source: a few small pictures, a few pieces of sound, side by side."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul

from mediaproc.core.tolerance import AUDIO_LAG, LARGEST_CELL, MEAN_CELL

# A small picture has so many cells a side; each is the mean of what it covers, in Y, U and V of BT.709 (16 to 240).
CELLS_A_SIDE = 4

# An envelope has a value for each of these steps (s).
STEP = 0.01

# Lags up to this one are tried (s).
_LONGEST_LAG = 0.6
# A lag is believed where the envelopes correlate so much with it, and so much more than without it.
_ALIKE, _BETTER = 0.85, 0.15
# Sound that varies less than this part of its mean, or is shorter than this, tells nothing about time (s).
_FLAT, _SHORTEST = 0.2, 1.0
# If a source is as loud as the first of these (RMS; full scale is 1), an output below the second one is silent.
_HEARD, _SILENT = 0.01, 0.0005

Cells = tuple[tuple[float, float, float], ...]
# How loud a piece of sound is (RMS), by its steps of STEP.
Levels = Mapping[int, float]


@dataclass(frozen=True, kw_only=True)
class Side:
    """What was seen and heard of one file, by seconds of the rendition's clock."""

    # The cells of some pictures, by their moment.
    pictures: Mapping[float, Cells] = field(default_factory=dict)
    # How loud the sound is (RMS), by piece and then by step of STEP.
    sound: Mapping[float, Levels] = field(default_factory=dict)


def difference(source: Side, output: Side) -> str | None:
    """What is wrong with the output, as the end of "The output is not what was planned: ..."; None: nothing.

    A moment with no picture on one side, or with two that are too near to be told apart, tells nothing.
    """
    for moment, wanted in source.pictures.items():
        found = output.pictures.get(moment)
        if found is not None and len(found) == len(wanted) == CELLS_A_SIDE**2 and not is_alike(wanted, found):
            return f"the picture at {moment:.1f} s is not the source's"
    for piece, heard in source.sound.items():
        answer = output.sound.get(piece)
        complaint = None if answer is None else _sound_difference(heard, answer)
        if complaint is not None:
            return f"{complaint} at {piece:.1f} s"
    return None


def is_alike(wanted: Cells, found: Cells) -> bool:
    """Whether two small pictures are of the same picture."""
    apart = [max(abs(a - b) for a, b in zip(one, other, strict=True)) for one, other in zip(wanted, found, strict=True)]
    return max(apart, default=0.0) <= LARGEST_CELL and sum(apart) <= MEAN_CELL * len(apart)


def is_silenced(wanted: Levels, found: Levels) -> bool:
    """Whether one is heard and the other one is silent."""
    return max(wanted.values(), default=0.0) >= _HEARD and max(found.values(), default=0.0) < _SILENT


def _sound_difference(wanted: Levels, found: Levels) -> str | None:
    if is_silenced(wanted, found):
        return "its sound is silent"
    late = lag(wanted, found)
    if late is None or abs(late) <= AUDIO_LAG:
        return None
    return f"its sound is {abs(late) * 1000:.0f} ms {'late' if late > 0 else 'early'}"


def lag(wanted: Levels, found: Levels) -> float | None:
    """By how much (s) the sound found comes later than the sound wanted; None where the two do not tell."""
    steps = sorted(wanted.keys() & found.keys())
    if len(steps) * STEP < _SHORTEST:
        return None
    first, last, most = steps[0], steps[-1], round(_LONGEST_LAG / STEP)
    source = [wanted.get(step, 0.0) for step in range(first, last + 1)]
    output = [found.get(step, 0.0) for step in range(first - most, last + 1 + most)]
    heard = _varying(source)
    if heard is None:
        return None

    def alike_at(by: int) -> float:
        return _correlation(heard, _varying(output[most + by :][: len(source)]))

    in_step = alike_at(0)
    # Where no lag can be so much better, only those are tried that are no fault: a tenth, for nearly every output.
    far = most if in_step <= 1 - _BETTER else round(AUDIO_LAG / STEP)
    alike = {by: alike_at(by) for by in range(-far, far + 1)}
    best = max(alike, key=lambda by: alike[by])
    if alike[best] < _ALIKE:
        return None
    if abs(best) * STEP > AUDIO_LAG and alike[best] - in_step < _BETTER:
        return None
    return best * STEP


@dataclass(frozen=True, kw_only=True)
class _Varying:
    """How far from their mean some values are, and the length of that as a vector."""

    apart: Sequence[float]
    spread: float


def _varying(values: Sequence[float]) -> _Varying | None:
    """None where they are too flat to tell."""
    mean = sum(values) / len(values)
    apart = [value - mean for value in values]
    spread = math.sqrt(sum(map(mul, apart, apart)))
    is_flat = spread <= _FLAT * math.sqrt(len(values)) * mean
    return None if is_flat else _Varying(apart=apart, spread=spread)


def _correlation(one: _Varying, other: _Varying | None) -> float:
    """The correlation, from -1 to 1; 0 where the other is too flat to tell."""
    if other is None:
        return 0.0
    product: float = sum(map(mul, one.apart, other.apart))
    return product / (one.spread * other.spread)
