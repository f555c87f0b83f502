"""Notes: what of a project is drawn otherwise than its editor would draw it, or not at all; told, never passed over.

- the closed sets (features, what was done, codes, flags) and the sentence of each code: `codes.py`
- a note, and how they are taken while a draft is read and drawn: `taking.py`
- a note in words: `wording.py`; those that say the same together: `grouping.py`
- as history keeps them and as they are told, in JSON: `record.py`
"""

from mediaproc.core.notes.codes import FLAGS, Done, Feature, NoteCode, is_note_flag
from mediaproc.core.notes.record import RecordedNote
from mediaproc.core.notes.taking import Note, Notes, Where, flags_of, is_sound

__all__ = [
    "FLAGS",
    "Done",
    "Feature",
    "Note",
    "NoteCode",
    "Notes",
    "RecordedNote",
    "Where",
    "flags_of",
    "is_note_flag",
    "is_sound",
]
