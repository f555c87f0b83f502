"""The faces that captions are drawn with: found on this machine or in a draft's bundle, and copied into a room.

- those of this machine: `machine_faces.py`
- the choice for one draft, and the copies: `draft_faces.py`
"""

from mediaproc.faces.draft_faces import choose_draft_faces, write_face
from mediaproc.faces.machine_faces import faces_below, machine_faces

__all__ = ["choose_draft_faces", "faces_below", "machine_faces", "write_face"]
