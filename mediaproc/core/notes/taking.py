"""What of a draft is drawn otherwise than its editor would draw it, or not at all: told, never passed over."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mediaproc.core.notes.codes import KINDS, Done, Feature, NoteCode
from mediaproc.core.notes.wording import in_english
from mediaproc.core.safe_text import shown

_LONGEST_VALUE = 80
# What every reader of JSON takes as it is.
_LARGEST_NUMBER = 2**53
# Of one code; what comes after is counted, and told in one more note.
_MOST_OF_A_CODE = 500


@dataclass(frozen=True, kw_only=True)
class Note:
    """One thing; the sentence in any language is made of its code and its values."""

    code: NoteCode
    # Empty where it is about the whole draft.
    segment_id: str
    # Microseconds of the draft.
    start: int
    duration: int
    # What it is called in the draft, safe to show; empty where it has no name.
    name: str = ""
    # What is drawn instead, or whatever else the sentence needs.
    value: str = ""
    # How many more there are of this code that have no note of their own.
    more: int = 0

    @property
    def feature(self) -> Feature:
        """Of which kind the thing is."""
        return KINDS[self.code].feature

    @property
    def done(self) -> Done:
        """What was done about it."""
        return KINDS[self.code].done

    @property
    def flag(self) -> str:
        """As it stands among a rendition's flags."""
        return KINDS[self.code].flag

    @property
    def sentence(self) -> str:
        """In English."""
        return in_english(self.code, feature=self.feature, name=self.name, value=self.value, more=self.more)


def flags_of(notes: Iterable[Note]) -> tuple[str, ...]:
    """What stands among a rendition's flags for these notes, each once."""
    return tuple(sorted({note.flag for note in notes}))


def is_sound(note: object) -> bool:
    """Whether it is a note as they are taken: safe to keep and to show, whoever made it."""
    if not isinstance(note, Note):
        return False
    code: object = note.code
    texts: tuple[object, ...] = (note.segment_id, note.name, note.value)
    numbers: tuple[object, ...] = (note.start, note.duration, note.more)
    return (
        isinstance(code, NoteCode)
        and all(isinstance(each, str) and each == shown(each, limit=_LONGEST_VALUE) for each in texts)
        and all(isinstance(each, int) and abs(each) <= _LARGEST_NUMBER for each in numbers)
    )


@dataclass(frozen=True, kw_only=True)
class Where:
    """What a note is about."""

    segment_id: str
    start: int
    duration: int


@dataclass(kw_only=True)
class Notes:
    """Takes notes while a draft is read; the same thing is told once."""

    _taken: dict[Note, None] = field(default_factory=dict)
    _count: Counter[NoteCode] = field(default_factory=Counter)

    def take(self, code: NoteCode, where: Where, *, name: str = "", value: str = "") -> None:
        """Takes one."""
        if self._count[code] >= _MOST_OF_A_CODE:
            self._count[code] += 1
            return
        note = Note(
            code=code,
            segment_id=shown(where.segment_id, limit=_LONGEST_VALUE),
            start=where.start,
            duration=where.duration,
            name=shown(name, limit=_LONGEST_VALUE),
            value=shown(value, limit=_LONGEST_VALUE),
        )
        if note in self._taken:
            return
        self._count[code] += 1
        self._taken[note] = None

    def all(self, *, duration: int) -> tuple[Note, ...]:
        """In the order of the draft's time; what is about the whole draft (of this duration) comes last."""
        surplus = [
            Note(code=code, segment_id="", start=0, duration=duration, more=count - _MOST_OF_A_CODE)
            for code, count in self._count.items()
            if count > _MOST_OF_A_CODE
        ]
        return tuple(sorted([*self._taken, *surplus], key=lambda note: (not note.segment_id, note.start)))
