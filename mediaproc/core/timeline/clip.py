"""A picture on a layer: from when to when, of which material, how fast, and how it looks."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from mediaproc.core.timeline.appearance import BlendMode, Blur, ChromaKey, Colour, ColourAdjustment, Mask
from mediaproc.core.timeline.material import Material
from mediaproc.core.timeline.placement import Placement

if TYPE_CHECKING:
    from mediaproc.core.timeline.model import Timeline


@dataclass(frozen=True, kw_only=True)
class Crop:
    """The part of a material that is shown: shares of its width and height from its upper left corner."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


@dataclass(frozen=True, kw_only=True)
class SpeedPiece:
    """A stretch of a clip or a sound at one speed."""

    # Frames of the timeline that it lasts.
    frames: int
    # Microseconds of the material where it begins.
    source_start: int
    # Seconds of the material for each second of the timeline.
    speed: Fraction


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A material, or a timeline in the place of one, from one frame on for so many."""

    id: str
    first: int
    frames: int
    source: "Material | Timeline"
    # Microseconds of the material: what goes by in these frames, at the mean speed.
    source_start: int
    source_duration: int
    speed: Fraction
    # At least one; together they last as long as the clip.
    pieces: tuple[SpeedPiece, ...]
    # Whether its part of the material is shown from its end to its beginning.
    is_reversed: bool = False
    crop: Crop = Crop()
    placement: Placement
    mask: Mask | None = None
    blend_mode: BlendMode = BlendMode.NORMAL
    chroma_key: ChromaKey | None = None
    colour_adjustment: ColourAdjustment | None = None
    # The name of a .cube file as the project writes it, and how much of it is applied (0 to 1).
    lookup_table: str = ""
    lookup_table_strength: float = 1.0
    # What fills the canvas behind it while it is shown; None leaves what is there.
    fill_behind: Colour | Blur | Material | None = None

    @property
    def end(self) -> int:
        """The first frame after it."""
        return self.first + self.frames
