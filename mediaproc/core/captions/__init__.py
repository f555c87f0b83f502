"""Captions: the texts of a timeline as documents of ASS, in faces that have all of their letters.

Start at `face_choice.py` (choose_faces), which gives the `Captions` of `captions.py`. Below:

- in which order the faces of a machine are taken: `machine_order.py`; which characters need one: `characters.py`
- which scripts have none: `scripts.py`
- what was chosen, as values: `chosen.py` (AvailableFace, FaceFile, Stretch)
- where lines are broken: `breaking.py`; where each one lies: `layout.py`; how large it gets: `largest.py`
- where a text is at each moment: `moments.py`; what is drawn of it then: `events.py`
- the language itself: `ass.py`
"""

from mediaproc.core.captions.captions import Captions
from mediaproc.core.captions.chosen import AvailableFace, FaceFile
from mediaproc.core.captions.face_choice import choose_faces

__all__ = ["AvailableFace", "Captions", "FaceFile", "choose_faces"]
