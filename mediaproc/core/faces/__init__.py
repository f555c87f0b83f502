"""Faces (font files), as bytes: which characters one has, how high and wide they are, and a copy with a name of ours.

- the tables of a file, read within bounds: `sfnt.py` (UnusableFace)
- which glyph for which character: `character_map.py`
- what a face is called: `names.py`
- all that is known of a face: `face.py` (Face)
- a copy that only we can mean: `face_copy.py`
"""

from mediaproc.core.faces.face import Face, read_face
from mediaproc.core.faces.face_copy import copy_face, largest_copy
from mediaproc.core.faces.sfnt import LARGEST_FACE_FILE, UnusableFace, count_faces

__all__ = ["LARGEST_FACE_FILE", "Face", "UnusableFace", "copy_face", "count_faces", "largest_copy", "read_face"]
