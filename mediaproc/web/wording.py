"""Numbers, lengths of time, sizes and moments as a page writes them in its language."""

from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from mediaproc.core.lifecycle import Status, waits_for_a_person
from mediaproc.core.notes.grouping import Span
from mediaproc.core.safe_text import shown
from mediaproc.db.views.tasks import TaskLine
from mediaproc.formatting import DurationUnits, duration, running_time, size, time_span
from mediaproc.web.texts import Texts

# A wall of digits helps nobody: what is counted with a cap of so many is told as "10,000+".
CAP = 10_000

_KILOBYTE = 1000


class Wording:
    """Values as a page writes them."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._units = DurationUnits(
            second=texts("units.second"), minute=texts("units.minute"), hour=texts("units.hour"), day=texts("units.day")
        )

    def duration(self, value: timedelta | float | None) -> str:
        """A length of time in at most two units, or a dash where there is none."""
        return duration(value, units=self._units) or self.nothing

    def ago(self, moment: datetime | None, now: datetime) -> str:
        """How long ago it was by the database's clock, or how long it is until then."""
        if moment is None:
            return self.nothing
        past = now - moment
        key = "units.ago" if past >= timedelta(0) else "units.until"
        return self._texts(key, duration=self.duration(abs(past)))

    def size(self, count: int | None) -> str:
        """Bytes, or a dash where there are none to tell."""
        if count is not None and count < _KILOBYTE:
            return self._texts("units.bytes", count=count)
        return size(count) or self.nothing

    def running_time(self, seconds: float | None) -> str:
        """How long a film is."""
        return running_time(seconds) or self.nothing

    def span(self, span: Span) -> str:
        """A stretch of a film."""
        return time_span(span.start, span.end, dash=self.nothing)

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with its thousands set apart."""
        return self.nothing if value is None else f"{value:,.{digits}f}"

    def capped(self, count: int | None, cap: int = CAP) -> str:
        """A count that was ended at the cap."""
        return self.number(count) if count is None or count < cap else f"{cap:,}+"

    def percent(self, fraction: float | None) -> str:
        """A part of a whole."""
        if fraction is None:
            return self.nothing
        return self._texts("units.percent", number=f"{100 * min(1.0, max(0.0, fraction)):.0f}")

    def utc(self, moment: datetime) -> str:
        """A moment as people read it where no script makes it local."""
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    def utc_attribute(self, moment: datetime) -> str:
        """A moment for the attribute of <time>."""
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def shown(self, text: object, limit: int = 500) -> str:
        """A text that somebody chose: what would hide or reverse parts of it is named instead."""
        return shown(str(text), limit=limit)

    def with_code(self, text: str) -> Markup:
        """A sentence whose commands stand between backticks, with each as code; all of it is escaped."""
        parts = text.split("`")
        if len(parts) % 2 == 0:
            return escape(text)
        return Markup().join(
            Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
        )

    def state(self, task: TaskLine) -> str:
        """Where a task is, as a word of status.toml: one with three strikes waits for a person."""
        return "exhausted" if task.status == Status.FAILED and _waits(task) else task.status

    def next_step(self, task: TaskLine) -> str:
        """When a task is due, or who has to do something; nothing for one that runs or has ended."""
        if task.due_in is None:
            return ""
        if _waits(task):
            return self._texts("tasks.waits_for_a_person")
        if task.due_in <= timedelta(0):
            return self._texts("tasks.due")
        return self._texts("tasks.due_in", duration=self.duration(task.due_in))

    @property
    def nothing(self) -> str:
        """What stands where there is no value."""
        return "–"  # noqa: RUF001 - the dash of typography


def _waits(task: TaskLine) -> bool:
    return waits_for_a_person(Status(task.status), fail_count=task.fail_count)
