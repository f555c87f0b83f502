"""Durations, moments, sizes and counts as people read them in tables and sentences."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SIZES = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, kw_only=True)
class DurationUnits:
    """How a language writes the units of a length of time."""

    second: str
    minute: str
    hour: str
    day: str


_SHORT = DurationUnits(second="s", minute="min", hour="h", day="d")


def duration(time: timedelta | float | None, *, units: DurationUnits = _SHORT) -> str:
    """A length of time in at most two units: `0.4 s`, `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`; "" for None."""
    if time is None:
        return ""
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    sign, seconds = ("-", -seconds) if seconds <= -1 else ("", max(0.0, seconds))
    return sign + _in_units(seconds, units)


def _in_units(seconds: float, units: DurationUnits) -> str:
    if seconds < 10:  # noqa: PLR2004 - below 10 s a tenth matters
        return f"{seconds:.1f} {units.second}"
    whole = round(seconds)
    if whole < 2 * _MINUTE:
        return f"{whole} {units.second}"
    if whole < _HOUR:
        return f"{whole // _MINUTE} {units.minute}"
    if whole < _DAY:
        return _two(whole, _HOUR, units.hour, _MINUTE, units.minute)
    return _two(whole, _DAY, units.day, _HOUR, units.hour)


def _two(seconds: int, large: int, name: str, small: int, small_name: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large} {name} {rest} {small_name}" if rest else f"{seconds // large} {name}"


def running_time(seconds: float | None) -> str:
    """How long a film is, as players show it: `0:12`, `1:02:03`; "" for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, minutes, rest = whole // _HOUR, whole % _HOUR // _MINUTE, whole % _MINUTE
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_span(start: float, end: float, *, dash: str = "-") -> str:
    """The whole seconds of a film that a stretch of it touches: `0:03-0:05`; `0:03` where it has no length."""
    first, last = running_time(math.floor(round(start, 3))), running_time(math.ceil(round(end, 3)))
    return first if first == last else f"{first}{dash}{last}"


def size(count: int | None) -> str:
    """Bytes in decimal units: `512 bytes`, `1.4 MB`; "" for None."""
    if count is None:
        return ""
    scaled, unit = float(count), 0
    while scaled >= 999.5 and unit < len(_SIZES) - 1:  # noqa: PLR2004 - it would be shown as 1000
        scaled, unit = scaled / 1000, unit + 1
    digits = 0 if unit == 0 or scaled >= 99.5 else 1  # noqa: PLR2004 - three digits are enough
    return f"{scaled:.{digits}f} {_SIZES[unit]}"


def moment(time: datetime | None) -> str:
    """A time of day in UTC, to the second; "" for None."""
    return time.strftime("%Y-%m-%d %H:%M:%SZ") if time is not None else ""
