"""Notes that say the same of several places, told as one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mediaproc.core.notes.record import RecordedNote


@dataclass(frozen=True, kw_only=True)
class Span:
    """When, in seconds of the project."""

    start: float
    end: float

    @property
    def seconds(self) -> tuple[int, int]:
        """The whole seconds that it touches, as people are told them."""
        return math.floor(round(self.start, 3)), math.ceil(round(self.end, 3))


@dataclass(frozen=True, kw_only=True)
class NoteGroup:
    """A note, and when it holds; without spans it is about the whole project.

    Of several spans that are told as the same seconds the first is here.
    """

    note: RecordedNote
    spans: Sequence[Span]


def grouped(notes: Iterable[RecordedNote]) -> tuple[NoteGroup, ...]:
    """The notes in their order, each at the place of the first one that says the same."""
    spans: dict[tuple[object, ...], dict[tuple[int, int], Span]] = {}
    first: dict[tuple[object, ...], RecordedNote] = {}
    for note in notes:
        said = (note.code, note.name, note.value, note.more)
        first.setdefault(said, note)
        span = Span(start=note.start, end=note.start + note.duration)
        known = spans.setdefault(said, {})
        if note.segment:
            known.setdefault(span.seconds, span)
    return tuple(NoteGroup(note=note, spans=tuple(spans[said].values())) for said, note in first.items())
