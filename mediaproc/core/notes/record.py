"""Notes as history keeps them, and as they are told: objects of JSON, bounded, each with its sentence in English."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from mediaproc.core.notes.codes import KINDS, NoteCode
from mediaproc.core.notes.taking import Note
from mediaproc.core.notes.wording import in_english

# Bytes of JSON that history keeps of one rendition.
MOST_BYTES = 256_000
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class RecordedNote:
    """One thing that is not drawn exactly as its editor draws it; `start` and `duration` in seconds of the project.

    `segment` is empty where it is about the whole project. A note with `more` stands for so many others.
    """

    segment: str
    start: float
    duration: float
    feature: str
    name: str
    # approximated: something close to it is drawn; told: it is left out.
    done: str
    code: str
    value: str
    more: int
    sentence: str


# Kept as they are told, but for the sentence, which a later version may say better.
_KEPT = tuple(field.name for field in fields(RecordedNote) if field.name != "sentence")


def recorded(note: Note) -> RecordedNote:
    """The note as it is told."""
    return _told(
        segment=note.segment_id,
        start=note.start / _MICROSECONDS,
        duration=note.duration / _MICROSECONDS,
        feature=str(note.feature),
        name=note.name,
        done=str(note.done),
        code=str(note.code),
        value=note.value,
        more=note.more,
    )


def record_of(notes: Iterable[Note], *, most_bytes: int = MOST_BYTES) -> list[dict[str, Any]] | None:
    """What history keeps, None where there are no notes; where it is too much, the last one counts the rest."""
    kept = [_kept(recorded(note)) for note in notes]
    if not kept:
        return None
    surplus = _not_kept(kept)
    size = 2 + _size(surplus)
    for count, each in enumerate(kept):
        size += _size(each)
        if size > most_bytes:
            return [*kept[:count], _not_kept(kept[count:])]
    return kept


def notes_of(record: Sequence[Mapping[str, Any]] | None) -> tuple[RecordedNote, ...]:
    """The notes that history has kept, also of a version that knows further codes."""
    return tuple(_told(**{name: each[name] for name in _KEPT}) for each in record or ())


def count_of(notes: Iterable[RecordedNote]) -> int:
    """How many there are, with those that others stand for."""
    return sum(note.more or 1 for note in notes)


def _kept(note: RecordedNote) -> dict[str, Any]:
    return {name: value for name, value in asdict(note).items() if name != "sentence"}


def _not_kept(rest: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    code = NoteCode.MORE_NOT_KEPT
    until = max(each["start"] + each["duration"] for each in rest)
    return {
        "segment": "",
        "start": 0.0,
        "duration": until,
        "feature": str(KINDS[code].feature),
        "name": "",
        "done": str(KINDS[code].done),
        "code": str(code),
        "value": "",
        "more": sum(each["more"] or 1 for each in rest),
    }


def _size(kept: Mapping[str, Any]) -> int:
    """Bytes, with what stands between it and the next."""
    return len(json.dumps(kept, ensure_ascii=False).encode()) + 2


def _told(**kept: Any) -> RecordedNote:  # noqa: ANN401 - the fields by name
    said = {name: kept[name] for name in ("code", "feature", "name", "value", "more")}
    return RecordedNote(**kept, sentence=in_english(**said))
