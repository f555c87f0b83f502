"""Words on the canvas, with a style for each stretch of them."""

from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.timeline.appearance import Colour
from mediaproc.core.timeline.placement import Placement


class Alignment(StrEnum):
    """Where the lines of a text meet."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A line around each letter; its width as a share of the height of a line."""

    colour: Colour
    width: float


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """A copy behind each letter; distance and softness as shares of the height of a line."""

    colour: Colour
    distance: float
    # Degrees from the right, counterclockwise: -45 is to the right and below.
    angle: float
    softness: float


@dataclass(frozen=True, kw_only=True)
class TextStyle:
    """How letters look."""

    # Canvas pixels from the highest to the lowest that the face's own table claims (ascent and descent).
    line_height: float
    colour: Colour
    # The file of the face as the project writes it; empty where it names none.
    font: str = ""
    is_bold: bool = False
    is_italic: bool = False
    is_underlined: bool = False
    stroke: Stroke | None = None
    shadow: Shadow | None = None


@dataclass(frozen=True, kw_only=True)
class TextRun:
    """A stretch of a text in one style: code points `first` to before `end`."""

    first: int
    end: int
    style: TextStyle


@dataclass(frozen=True, kw_only=True)
class TextBackground:
    """A box behind the whole text; what it is larger by, and how far off, as shares of the height of a line."""

    colour: Colour
    # 0 is square, 1 makes the shorter side a half circle.
    round_corner: float
    extra_width: float
    extra_height: float
    offset_x: float = 0.0
    offset_y: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words from one frame on for so many; the middle of their box lies on the centre of the placement."""

    id: str
    first: int
    frames: int
    # Lines end with "\n"; no other control character is in it.
    words: str
    # In their order, without gaps, over all of the words.
    runs: tuple[TextRun, ...]
    placement: Placement
    alignment: Alignment = Alignment.CENTRE
    is_vertical: bool = False
    # Between lines and between letters, as shares of the height of a line.
    line_spacing: float = 0.0
    letter_spacing: float = 0.0
    # Canvas pixels at which a line is broken; None breaks it only where the words do.
    wrap_width: float | None = None
    background: TextBackground | None = None

    @property
    def end(self) -> int:
        """The first frame after it."""
        return self.first + self.frames
