"""The shapes of masks as an expression for each pixel of a picture that is made once."""

import math

from mediaproc.core.timeline import Mask, MaskShape


def mask_value(mask: Mask, *, width: int, height: int) -> str:
    """From 0 (transparent) to 255, at the pixel `X`, `Y` of a picture of this size."""
    turned = math.radians(mask.rotation)
    x, y = f"(X+0.5-{mask.centre_x * width:.4f})", f"(Y+0.5-{mask.centre_y * height:.4f})"
    # The pixel as the mask sees it, which is turned about its own middle.
    across = f"({x}*{math.cos(turned):.6f}+{y}*{math.sin(turned):.6f})"
    down = f"({y}*{math.cos(turned):.6f}-{x}*{math.sin(turned):.6f})"
    half_width, half_height = max(0.5, mask.width * width / 2), max(0.5, mask.height * height / 2)
    # How far (pixels) inside the edge a pixel lies, and over how many the edge fades.
    inside, depth = _inside(mask, across=across, down=down, half=(half_width, half_height))
    soft = max(1.0, mask.feather * depth)
    share = f"clip(0.5+({inside})/{soft:.4f},0,1)"
    return f"255*(1-{share})" if mask.is_inverted else f"255*{share}"


def _inside(mask: Mask, *, across: str, down: str, half: tuple[float, float]) -> tuple[str, float]:
    half_width, half_height = half
    match mask.shape:
        case MaskShape.LINE:
            return f"-{down}", 2 * half_height
        case MaskShape.BAND:
            return f"{half_height:.4f}-abs({down})", 2 * half_height
        case MaskShape.ELLIPSE:
            smaller = min(half)
            return f"(1-hypot({across}/{half_width:.4f},{down}/{half_height:.4f}))*{smaller:.4f}", 2 * smaller
        case MaskShape.RECTANGLE:
            corner = mask.round_corner * min(half)
            beyond_x = f"(abs({across})-{half_width - corner:.4f})"
            beyond_y = f"(abs({down})-{half_height - corner:.4f})"
            outside = f"hypot(max({beyond_x},0),max({beyond_y},0))+min(max({beyond_x},{beyond_y}),0)"
            return f"{corner:.4f}-({outside})", 2 * min(half)
