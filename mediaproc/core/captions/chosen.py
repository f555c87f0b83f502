"""What a text is drawn with: a face for each stretch of its words, and the files of these faces."""

from dataclasses import dataclass, field

from mediaproc.core.faces.face import Face
from mediaproc.core.timeline.text import TextStyle


@dataclass(frozen=True, kw_only=True)
class AvailableFace:
    """A face and where its file lies: in the draft's bundle by a name, or on this machine by a path."""

    face: Face
    # Exactly one of the two is not empty.
    bundled: str = ""
    path: str = ""
    # Which face of the file, where it is a collection.
    index: int = 0
    # Bytes that the copy that is drawn with has at most.
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class FaceFile:
    """A face as it lies in the room: a copy of its file under a name of ours (`core/faces/face_copy.py`)."""

    name: str
    # The one name by which the copy can be meant.
    family: str
    source: AvailableFace


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Words within one line, in one style and one face, which has a glyph for each of them."""

    words: str
    style: TextStyle
    file: FaceFile = field(repr=False)

    @property
    def em(self) -> float:
        """Canvas pixels."""
        return self.style.line_height / self.file.source.face.line_height

    @property
    def ascent(self) -> float:
        """Canvas pixels from the baseline up to where the line begins."""
        face = self.file.source.face
        return self.em * face.ascent / face.units

    @property
    def descent(self) -> float:
        """Canvas pixels from the baseline down to where the line ends."""
        return self.style.line_height - self.ascent

    def width(self, words: str) -> float:
        """Canvas pixels that some of its words go on by, without what is between letters."""
        face = self.file.source.face
        return self.em * sum(face.advance(character) for character in words)


# The stretches of a line; a line without words has one empty stretch, which says how high it is.
Line = tuple[Stretch, ...]
