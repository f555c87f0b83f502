"""What of a rendition is not drawn exactly, as lines for people: the same thing once, with the times where it holds."""

from collections.abc import Iterator, Sequence

from mediaproc.cli.tables import paragraph
from mediaproc.core.notes import RecordedNote
from mediaproc.core.notes.grouping import NoteGroup, grouped
from mediaproc.core.notes.record import count_of
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.formatting import time_span

# Lines, and times in one of them.
_MOST_LINES, _MOST_SPANS = 20, 3


def note_lines(
    notes: Sequence[RecordedNote], *, task_id: int | None, width: int | None, indent: str = ""
) -> Iterator[str]:
    """A line for each thing that is not drawn exactly, and where to read the rest; nothing where all is."""
    groups = grouped(notes)
    for group in groups[:_MOST_LINES]:
        yield paragraph(f"{_when(group)}: {shown(group.note.sentence)}", width=width, indent=indent)
    rest = len(groups) - _MOST_LINES
    if rest > 0:
        more = f"and {counted(rest, 'thing')} more: `mediaproc tasks show {task_id} --json` has all."
        yield paragraph(more, width=width, indent=indent)


def notes_in_short(notes: Sequence[RecordedNote]) -> str:
    """How many there are."""
    return counted(count_of(notes), "note") if notes else ""


def _when(group: NoteGroup) -> str:
    if not group.spans:
        return "throughout"
    times = ", ".join(time_span(each.start, each.end) for each in group.spans[:_MOST_SPANS])
    rest = len(group.spans) - _MOST_SPANS
    return f"{times} and {counted(rest, 'time')} more" if rest > 0 else times
