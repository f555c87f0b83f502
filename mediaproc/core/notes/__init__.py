"""Notes: what of a project is drawn otherwise than its editor would draw it, or not at all; told, never passed over.

- the closed sets (features, what was done, codes) and the sentence of each code: `codes.py`
- a note, and how they are taken while a draft is read and drawn: `taking.py`
"""

from mediaproc.core.notes.codes import Done, Feature, NoteCode
from mediaproc.core.notes.taking import Note, Notes, Where

__all__ = ["Done", "Feature", "Note", "NoteCode", "Notes", "Where"]
