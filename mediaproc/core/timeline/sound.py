"""What is heard: a material's sound, or a timeline's, from one frame on for so many."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from mediaproc.core.timeline.clip import SpeedPiece
from mediaproc.core.timeline.curve import Curve

if TYPE_CHECKING:
    from mediaproc.core.timeline.material import Material
    from mediaproc.core.timeline.model import Timeline


@dataclass(frozen=True, kw_only=True)
class Sound:
    """Added to all others that are heard at the same time; nothing is made quieter for it."""

    id: str
    first: int
    frames: int
    source: "Material | Timeline"
    # As of a clip.
    source_start: int
    source_duration: int
    speed: Fraction
    pieces: tuple[SpeedPiece, ...]
    is_reversed: bool = False
    # A factor upon the amplitude, over the frames of the sound; 1 is as recorded.
    gain: Curve
    # Microseconds, from its beginning and to its end.
    fade_in: int = 0
    fade_out: int = 0
    # Whether a voice stays as high as it is at another speed.
    keeps_pitch: bool = True
    # Whether it is the sound of a clip, which may turn out to have none; one of a material of sound must have it.
    may_be_missing: bool = False

    @property
    def end(self) -> int:
        """The first frame after it."""
        return self.first + self.frames
