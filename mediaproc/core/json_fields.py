"""Fields of a document that may say anything, read as what they should be; what they cannot be is unknown."""

import math
import re
from collections.abc import Mapping
from fractions import Fraction

_NAME = re.compile(r"[a-z0-9_.,+-]{1,64}", re.IGNORECASE)
_UNKNOWN = frozenset({"", "none", "unknown", "n/a"})
_LONGEST_TEXT = 100

# Larger numbers than any file has: what is beyond them is a lie, and would overflow arithmetic further down.
_LARGEST = 10**15
_LONGEST = 10**9


def mapping(value: object) -> Mapping[str, object]:
    """The mapping, empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    """The words, empty where they say that it is unknown."""
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value.lower() not in _UNKNOWN else ""


def name(holder: Mapping[str, object], key: str) -> str:
    """A word as ffmpeg names things; what is none (an attacker's text) counts as unknown."""
    words = text(holder.get(key))
    return words if _NAME.fullmatch(words) else ""


def integer(value: object) -> int | None:
    """A whole number, also one that is written as text."""
    found = _number(value)
    return int(found) if found is not None and abs(found) <= _LARGEST else None


def time(value: object) -> float | None:
    """A point of time or an angle, possibly below 0."""
    found = _number(value)
    return found if found is not None and abs(found) <= _LONGEST else None


def seconds(value: object) -> float | None:
    """A length of more than nothing: 0 and below mean unknown."""
    found = time(value)
    return found if found is not None and found > 0 else None


def ratio(value: object, separator: str) -> Fraction | None:
    """Two numbers above 0 as one; `0/0` and `0:1` mean unknown."""
    above, found, below = value.partition(separator) if isinstance(value, str) else ("", "", "")
    numerator, denominator = integer(above), integer(below)
    if not found or not numerator or not denominator or numerator < 0 or denominator < 0:
        return None
    return Fraction(numerator, denominator)


def flag(holder: Mapping[str, object], key: str) -> bool:
    """Whether the field is 1, as ffprobe writes what is so."""
    return integer(holder.get(key)) == 1


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
