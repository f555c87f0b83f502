"""A cron expression of five or six fields (seconds first), checked, with the weekdays as names."""

import re
from dataclasses import dataclass

from mediaproc.core.errors import WrongUse

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("day_of_week", 0, 7),
)
_PART = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


@dataclass(frozen=True)
class Cron:
    """The six fields in the form that a scheduler with named weekdays understands; times are UTC."""

    second: str
    minute: str
    hour: str
    day: str
    month: str
    day_of_week: str

    @classmethod
    def parse(cls, expression: str) -> "Cron":
        """Of five fields the second is 0; a weekday is 0 to 7 (0 and 7 are Sunday) or a name.

        Raises:
            WrongUse: another number of fields, a field that says no time, or days that none of the months has.
        """
        fields = expression.lower().split()
        if len(fields) not in {5, 6}:
            raise WrongUse(
                f"The cron expression {expression!r} has {len(fields)} fields; write five"
                " (minute hour day month weekday) or six (second first), such as '*/5 * * * * *'."
            )
        if len(fields) == 5:  # noqa: PLR2004 - the classical form
            fields.insert(0, "0")
        checked = [
            _field(field, name=name, low=low, high=high, expression=expression)
            for field, (name, low, high) in zip(fields, _FIELDS, strict=True)
        ]
        cron = cls(*checked)
        if not cron._names_a_day():
            raise WrongUse(f"The cron expression {expression!r} names no day of any year: it would never fire.")
        return cron

    def _names_a_day(self) -> bool:
        """Whether one of its months is long enough for one of its days; a weekday falls on each in some year."""
        first_day = min(_numbers(self.day, low=1, high=31))
        return any(first_day <= _DAYS[month - 1] for month in _numbers(self.month, low=1, high=12))

    def __str__(self) -> str:
        return f"{self.second} {self.minute} {self.hour} {self.day} {self.month} {self.day_of_week}"


def _field(field: str, *, name: str, low: int, high: int, expression: str) -> str:
    return ",".join(_part(part, name=name, low=low, high=high, expression=expression) for part in field.split(","))


def _part(part: str, *, name: str, low: int, high: int, expression: str) -> str:
    form = _PART.fullmatch(part)
    bounds = _bounds(form, name=name, low=low, high=high) if form is not None else None
    if form is None or bounds is None:
        raise WrongUse(
            f"The cron expression {expression!r} says {part!r} for the {name.replace('_', ' ')},"
            f" which must be from {low} to {high}, a range such as {low}-{high}, or a step such as */5."
        )
    first, last = bounds
    step = int(form["step"] or 1)
    if part == "*":
        return part
    if name == "day_of_week":
        # As names, since schedulers disagree on which day is 0.
        return ",".join(dict.fromkeys(_WEEKDAYS[day % 7] for day in range(first, last + 1, step)))
    if form["all"] is not None:
        return part
    written = str(first) if form["last"] is None else f"{first}-{last}"
    return written if form["step"] is None else f"{written}/{step}"


def _numbers(field: str, *, low: int, high: int) -> set[int]:
    """What a checked field of numbers names."""
    named: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        named.update(range(int(first), int(last or first) + 1, int(step or 1)))
    return named


def _bounds(form: re.Match[str], *, name: str, low: int, high: int) -> tuple[int, int] | None:
    """The first and last number that a part names; None when it names none, or steps out of its own range."""
    if form["all"] is not None:
        # 0 and 7 are the same day.
        first, last = low, high if name != "day_of_week" else high - 1
    else:
        numbers = [_number(form[group], name=name) for group in ("first", "last") if form[group] is not None]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return None
        first, last = known[0], known[-1]
    if not low <= first <= last <= high:
        return None
    # A step needs a range to walk: what `5/10` means differs from cron to cron.
    if form["step"] is not None and not 1 <= int(form["step"]) <= last - first:
        return None
    return first, last


def _number(written: str, *, name: str) -> int | None:
    if written.isascii() and written.isdigit():
        return int(written)
    if name == "day_of_week" and written in _WEEKDAYS:
        return _WEEKDAYS.index(written)
    if name == "month" and written in _MONTHS:
        return _MONTHS.index(written) + 1
    return None
