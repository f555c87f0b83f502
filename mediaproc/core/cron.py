"""A cron expression of five or six fields (seconds first), checked, with the weekdays as names."""

import re
from dataclasses import dataclass

from mediaproc.core.errors import WrongUse

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
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
            WrongUse: another number of fields, or a field that says no time.
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
        return cls(*checked)

    def __str__(self) -> str:
        return f"{self.second} {self.minute} {self.hour} {self.day} {self.month} {self.day_of_week}"


def _field(field: str, *, name: str, low: int, high: int, expression: str) -> str:
    return ",".join(_part(part, name=name, low=low, high=high, expression=expression) for part in field.split(","))


def _part(part: str, *, name: str, low: int, high: int, expression: str) -> str:
    form = _PART.fullmatch(part)
    first = last = None
    valid = form is not None
    if form is not None:
        if form["first"] is not None:
            first = _number(form["first"], name=name)
            last = _number(form["last"], name=name) if form["last"] else first
            valid = first is not None and last is not None and low <= first <= last <= high
        if form["step"] is not None:
            # A step needs a range to walk: `5/10` means something else to every cron there is.
            valid = (
                valid
                and 1 <= int(form["step"]) <= max(high, 1)
                and (form["all"] is not None or form["last"] is not None)
            )
    if not valid or form is None:
        raise WrongUse(
            f"The cron expression {expression!r} says {part!r} for the {name.replace('_', ' ')},"
            f" which must be from {low} to {high}, a range such as {low}-{high}, or a step such as */5."
        )
    if name == "day_of_week" and first is not None and last is not None:
        step = int(form["step"] or 1)
        return ",".join(dict.fromkeys(_WEEKDAYS[day % 7] for day in range(first, last + 1, step)))
    return part if first is None or name != "month" else _plain_range(first, last, step=form["step"])


def _plain_range(first: int, last: int | None, *, step: str | None) -> str:
    walk = f"/{step}" if step else ""
    return f"{first}{walk}" if last in {None, first} else f"{first}-{last}{walk}"


def _number(written: str, *, name: str) -> int | None:
    if written.isascii() and written.isdigit():
        return int(written)
    if name == "day_of_week" and written in _WEEKDAYS:
        return _WEEKDAYS.index(written)
    if name == "month" and written in _MONTHS:
        return _MONTHS.index(written) + 1
    return None
