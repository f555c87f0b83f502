"""What is done to the pixels of a clip, and what fills the canvas behind it."""

from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.timeline.curve import Curve


@dataclass(frozen=True, kw_only=True)
class Colour:
    """Each part from 0 to 255; alpha 255 hides what is behind."""

    red: int
    green: int
    blue: int
    alpha: int = 255


@dataclass(frozen=True, kw_only=True)
class Blur:
    """The clip itself covers the canvas behind it, enlarged, cut and blurred: 0 is sharp, 1 the most."""

    strength: float


class MaskShape(StrEnum):
    """What part of a picture a mask leaves; the sizes of the others are in `Mask`."""

    # The half plane above a line through the centre.
    LINE = "line"
    # The band between two lines, as high as the mask.
    BAND = "band"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"


@dataclass(frozen=True, kw_only=True)
class Mask:
    """The part of a cropped picture that stays; lengths are shares of the picture's own width and height."""

    shape: MaskShape
    # From the upper left corner of the picture, y downwards: 0.5 is the middle.
    centre_x: float
    centre_y: float
    width: float
    height: float
    # Degrees, clockwise.
    rotation: float = 0.0
    # How soft the edge is, from 0 to 1, where 1 fades over the whole mask.
    feather: float = 0.0
    # How round the corners of a rectangle are: 1 makes its shorter side a half circle.
    round_corner: float = 0.0
    is_inverted: bool = False


class BlendMode(StrEnum):
    """How a clip's pixels go together with those behind it."""

    NORMAL = "normal"
    MULTIPLY = "multiply"
    SCREEN = "screen"
    OVERLAY = "overlay"
    SOFT_LIGHT = "soft_light"
    HARD_LIGHT = "hard_light"
    COLOUR_DODGE = "colour_dodge"
    COLOUR_BURN = "colour_burn"
    LINEAR_BURN = "linear_burn"
    DARKEN = "darken"
    LIGHTEN = "lighten"
    DIFFERENCE = "difference"
    EXCLUSION = "exclusion"


@dataclass(frozen=True, kw_only=True)
class ChromaKey:
    """What has about this colour becomes transparent; all but the colour from 0 to 1."""

    colour: Colour
    # How far a colour may be off.
    tolerance: float
    # How much of the shadows on the screen stays.
    shadow: float = 0.0
    edge_softness: float = 0.0
    # How much of the colour is taken out of what stays.
    spill: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ColourAdjustment:
    """From -1 to 1 each, over the frames of the clip; 0 leaves it as it is."""

    brightness: Curve
    contrast: Curve
    saturation: Curve
