"""Fields of a draft, read as what they should be: a missing one is its default, a wrong one is refused by name."""

import re
from collections.abc import Mapping

from mediaproc.core.draft import refusals
from mediaproc.core.draft.limits import LONGEST_TIME
from mediaproc.core.safe_text import quoted
from mediaproc.core.timeline.appearance import Colour

_LONGEST_NAME = 1_000
# How far beyond its bound a number may be that was computed: it is then taken for the bound.
_ROUNDING = 1e-6
_COLOUR = re.compile(r"#([0-9a-fA-F]{6})([0-9a-fA-F]{2})?")
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")

Fields = Mapping[str, object]


def mapping(holder: Fields, key: str) -> Fields:
    """An object, empty where there is none."""
    found = holder.get(key)
    if found is None:
        return {}
    if isinstance(found, Mapping):
        return found
    raise refusals.malformed(f"{key} is {quoted(found)}, which is no object")


def mappings(holder: Fields, key: str, *, most: int | None = None) -> list[Fields]:
    """A list of objects, empty where there is none; null within it is left out.

    Raises:
        BadSource: it is no list, holds something else, or has more than `most`.
    """
    found = [each for each in _list(holder, key, most=most) if each is not None]
    for each in found:
        if not isinstance(each, Mapping):
            raise refusals.malformed(f"{key} holds {quoted(each)}, which is no object")
    return [each for each in found if isinstance(each, Mapping)]


def texts(holder: Fields, key: str, *, most: int) -> list[str]:
    """A list of words; whatever else is in it is left out, since nothing can be named by it."""
    return [whole(each) for each in _list(holder, key, most=most) if isinstance(each, str)]


def numbers(holder: Fields, key: str, *, low: float, high: float, most: int) -> list[float]:
    """A list of numbers within the bounds."""
    return [_bounded(each, key, low=low, high=high) for each in _list(holder, key, most=most)]


def number(holder: Fields, key: str, *, low: float, high: float, default: float) -> float:
    """A number within the bounds."""
    found = holder.get(key)
    return default if found is None else _bounded(found, key, low=low, high=high)


def integer(holder: Fields, key: str, *, low: int, high: int, default: int) -> int:
    """A whole number within the bounds; one that is written with a fraction is rounded."""
    return round(number(holder, key, low=low, high=high, default=default))


def time(holder: Fields, key: str, *, default: int = 0) -> int:
    """Microseconds, at least 0."""
    return integer(holder, key, low=0, high=LONGEST_TIME, default=default)


def share(holder: Fields, key: str, *, default: float) -> float:
    """A number from 0 to 1."""
    return number(holder, key, low=0.0, high=1.0, default=default)


def flag(holder: Fields, key: str, *, default: bool = False) -> bool:
    """Whether it is so; numbers count as in C."""
    found = holder.get(key)
    if found is None:
        return default
    if isinstance(found, bool | int | float):
        return bool(found)
    raise refusals.malformed(f"{key} is {quoted(found)}, which is neither true nor false")


def text(holder: Fields, key: str, *, longest: int = _LONGEST_NAME) -> str:
    """Words, empty where there are none."""
    found = holder.get(key)
    if found is None:
        return ""
    if isinstance(found, int | float) and not isinstance(found, bool):
        return str(found)  # ids are sometimes written as numbers
    if not isinstance(found, str):
        raise refusals.malformed(f"{key} is {quoted(found)}, which is no text")
    if len(found) > longest:
        raise refusals.too_large(f"{key} has more than {longest} characters")
    return whole(found)


def whole(found: str) -> str:
    """The words, without the halves of characters that JSON can hold and no UTF-8."""
    return _HALF_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", found)


def colour(holder: Fields, key: str) -> Colour | None:
    """A colour written `#RRGGBB` or `#RRGGBBAA`, None where there is none."""
    written = text(holder, key)
    if not written:
        return None
    form = _COLOUR.fullmatch(written)
    if form is None:
        raise refusals.malformed(f"{key} is {quoted(written)}, which is no colour such as #FFCC00")
    red, green, blue = bytes.fromhex(form[1])
    return Colour(red=red, green=green, blue=blue, alpha=int(form[2], 16) if form[2] else 255)


def _list(holder: Fields, key: str, *, most: int | None) -> list[object]:
    found = holder.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise refusals.malformed(f"{key} is {quoted(found)}, which is no list")
    if most is not None and len(found) > most:
        raise refusals.too_large(f"{key} has {len(found)} entries, where {most} are the most")
    return found


def _bounded(found: object, key: str, *, low: float, high: float) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise refusals.malformed(f"{key} is {quoted(found)}, which is no number")
    if not low - _ROUNDING <= found <= high + _ROUNDING:
        raise refusals.malformed(f"{key} is {quoted(found)}, where {low:g} to {high:g} is possible")
    return float(min(max(found, low), high))
