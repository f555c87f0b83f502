"""Where a picture or a text lies on the canvas, how large it is and how it is turned."""

from dataclasses import dataclass

from mediaproc.core.timeline.curve import Curve


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Curves over the frames of what it places.

    A picture is first cropped, then made to fit, as large as the canvas can contain all of it: that is scale 1. Then it
    is flipped, scaled, turned about its middle, and laid with its middle on the centre.
    """

    # Canvas pixels from the upper left corner, y downwards: where the middle lies.
    centre_x: Curve
    centre_y: Curve
    # Factors upon the fitted size.
    scale_x: Curve
    scale_y: Curve
    # Degrees, clockwise.
    rotation: Curve
    # 0 is not there, 1 hides what is behind.
    opacity: Curve
    flip_horizontal: bool = False
    flip_vertical: bool = False
