"""Pictures that are turned by any angle: softly ended at their edges, about their middle."""

import math

from mediaproc.core.render.context import Context
from mediaproc.core.render.graph import Filters

# Transparent pixels around the picture: what `rotate` finds beyond an edge is what it smears there.
BORDER = 2


def turned(
    label: str,
    *,
    size: tuple[int, int],
    angle: str | float,
    box: tuple[int, int],
    has_alpha: bool,
    count: int,
    context: Context,
) -> str:
    """The picture turned clockwise by an angle (radians, or an expression for each frame) within a box.

    The middle of the picture is the middle of the box, also where one of them has an odd side and the other has not.
    """
    graph = context.graph
    wide, high = size[0] + 2 * BORDER, size[1] + 2 * BORDER
    padded = Filters().filter("pad", wide, high, BORDER, BORDER)
    if has_alpha:
        label, of_alpha = graph.split(label)
        alpha = graph.chain(Filters().filter("alphaextract").then(padded), of_alpha)
    else:
        white = Filters().filter("color", s=f"{size[0]}x{size[1]}", r=context.rate).filter("format", "gray")
        white = white.filter("trim", end_frame=1).filter("geq", lum=255).then(padded)
        alpha = graph.chain(white.then(context.reader.held(count)))
    # Colours go on beyond the edge, where nothing is to be seen: what fades there fades to no other colour.
    opaque = Filters().filter("format", "yuv444p").then(padded)
    edges = dict.fromkeys(("left", "right", "top", "bottom"), BORDER)
    opaque = opaque.filter("fillborders", **edges, mode="smear")
    label = graph.chain(Filters().filter("alphamerge"), graph.chain(opaque, label), alpha)
    # Never `c=none`: it leaves the pictures before in the corners.
    rotate = Filters().filter("format", "yuva444p")
    return graph.chain(rotate.filter("rotate", a=angle, ow=box[0], oh=box[1], c="black@0"), label)


def box_around(size: tuple[int, int], *, degrees: float, centre: tuple[float, float]) -> tuple[int, int]:
    """The box of a turned picture, whose middle lies on the centre when it is laid on whole pixels."""
    angle = math.radians(degrees)
    sine, cosine = abs(math.sin(angle)), abs(math.cos(angle))
    width = math.ceil(size[0] * cosine + size[1] * sine) + 2 * BORDER
    height = math.ceil(size[0] * sine + size[1] * cosine) + 2 * BORDER
    return like(width, centre[0]), like(height, centre[1])


def square_around(size: tuple[int, int], *, centre: tuple[float, float]) -> tuple[int, int]:
    """The box that holds it at every angle."""
    side = math.ceil(math.hypot(*size)) + 2 * BORDER
    return like(side, centre[0]), like(side, centre[1])


def like(side: int, centre: float) -> int:
    """The side, or one more, so that half of it left of the centre ends on a whole pixel, or nearly so."""
    return side + (side + round(2 * centre)) % 2
