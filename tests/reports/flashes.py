"""When a film that was made with flashes and beeps shows and sounds each of them."""

import math
from collections.abc import Sequence
from statistics import median

from tests.reports.decoding import Decoded, Picture

# Mean grey of a picture's middle from which it is a flash, and the cells of the middle.
_LIT = 180
_MIDDLE = (27, 28, 35, 36)

# RMS over 5 ms from which there is a beep, and how long it must have been quiet before (ms).
_LOUD = 0.05
_OVER = 5
_QUIET = 50

# The part of a beep of 0.2 s that is certainly at full level: ms after its begin.
_FULL = (50, 150)


def flashes(film: Decoded) -> Sequence[float]:
    """Seconds at which the first picture of each is shown."""
    lit = [_is_lit(picture) for picture in film.pictures]
    before = [False, *lit]
    pictures = zip(film.pictures, before, lit, strict=False)
    return [picture.at for picture, was_lit, is_lit in pictures if is_lit and not was_lit]


def beeps(film: Decoded) -> Sequence[float]:
    """Seconds at which each begins: where it first has half of its full level, between milliseconds too."""
    levels = [math.sqrt(1000 * energy) for energy in film.energies]
    found, quiet = [], _QUIET
    for moment in range(len(levels) - _OVER):
        loud = sum(levels[moment : moment + _OVER]) / _OVER > _LOUD
        if loud and quiet >= _QUIET:
            found.append((film.begin + _rise(levels, moment)) / 1000)
        quiet = 0 if loud else quiet + 1
    return found


def _is_lit(picture: Picture) -> bool:
    return sum(picture.greys[cell] for cell in _MIDDLE) / len(_MIDDLE) > _LIT


def _rise(levels: Sequence[float], moment: int) -> float:
    """The millisecond, with its fraction, at which the beep that begins near this one rises through half its level."""
    first, last = _FULL
    half = median(levels[moment + first : moment + last] or levels[moment:]) / 2
    near = range(max(1, moment - _OVER), min(len(levels), moment + first))
    over = next((each for each in near if levels[each] > half), moment)
    below, above = levels[max(0, over - 1)], levels[over]
    # A level is that of a whole millisecond, and so of its middle.
    return over - 0.5 + ((half - below) / (above - below) if above > below else 0.0)
