"""Where a segment's picture or text lies: `clip` and keyframes of a draft become canvas pixels, factors and degrees."""

from collections.abc import Mapping
from enum import StrEnum

from mediaproc.core.draft import fields, keyframes
from mediaproc.core.draft.segment import Segment
from mediaproc.core.timeline.curve import Curve
from mediaproc.core.timeline.model import Canvas
from mediaproc.core.timeline.placement import Placement

_FARTHEST = 1000.0
_LARGEST = 1000.0
_MOST_TURNED = 1e6


class Property(StrEnum):
    """What of a placement changes over time."""

    CENTRE_X = "centre_x"
    CENTRE_Y = "centre_y"
    SCALE_X = "scale_x"
    SCALE_Y = "scale_y"
    ROTATION = "rotation"
    OPACITY = "opacity"


def read_properties(segment: Segment, *, curves: Mapping[str, Curve], canvas: Canvas) -> dict[Property, Curve]:
    """Each property over the frames of the segment; keyframes override what `clip` says."""
    clip = fields.mapping(segment.fields, "clip")
    moved = fields.mapping(clip, "transform")
    x = fields.number(moved, "x", low=-_FARTHEST, high=_FARTHEST, default=0.0)
    y = fields.number(moved, "y", low=-_FARTHEST, high=_FARTHEST, default=0.0)
    turned = fields.number(clip, "rotation", low=-_MOST_TURNED, high=_MOST_TURNED, default=0.0)
    opacity = fields.share(clip, "alpha", default=1.0)
    scale_x, scale_y = _scales(segment, curves=curves)
    # A draft counts in halves of the canvas from its middle, with y upwards.
    half_width, half_height = canvas.width / 2, canvas.height / 2
    across = curves.get(keyframes.POSITION_X, Curve.constant(x))
    up = curves.get(keyframes.POSITION_Y, Curve.constant(y))
    return {
        Property.CENTRE_X: across.mapped(factor=half_width, offset=half_width),
        Property.CENTRE_Y: up.mapped(factor=-half_height, offset=half_height),
        Property.SCALE_X: scale_x,
        Property.SCALE_Y: scale_y,
        Property.ROTATION: curves.get(keyframes.ROTATION, Curve.constant(turned)),
        Property.OPACITY: curves.get(keyframes.OPACITY, Curve.constant(opacity)),
    }


def placement_of(properties: Mapping[Property, Curve], *, segment: Segment) -> Placement:
    """The placement with these properties, mirrored as the segment says."""
    flip = fields.mapping(fields.mapping(segment.fields, "clip"), "flip")
    return Placement(
        centre_x=properties[Property.CENTRE_X],
        centre_y=properties[Property.CENTRE_Y],
        scale_x=properties[Property.SCALE_X],
        scale_y=properties[Property.SCALE_Y],
        rotation=properties[Property.ROTATION],
        opacity=properties[Property.OPACITY],
        flip_horizontal=fields.flag(flip, "horizontal"),
        flip_vertical=fields.flag(flip, "vertical"),
    )


def _scales(segment: Segment, *, curves: Mapping[str, Curve]) -> tuple[Curve, Curve]:
    uniform = fields.mapping(segment.fields, "uniform_scale")
    is_uniform = fields.flag(uniform, "on", default=True)
    scale = fields.mapping(fields.mapping(segment.fields, "clip"), "scale")
    x = fields.number(scale, "x", low=-_LARGEST, high=_LARGEST, default=1.0)
    y = fields.number(scale, "y", low=-_LARGEST, high=_LARGEST, default=1.0)
    if is_uniform:
        value = fields.number(uniform, "value", low=-_LARGEST, high=_LARGEST, default=1.0)
        # Some writers keep the factor here and leave the other one alone.
        x = y = value if x == 1.0 else x
    both = curves.get(keyframes.UNIFORM_SCALE)
    of_x, of_y = curves.get(keyframes.SCALE_X), curves.get(keyframes.SCALE_Y)
    if both is None and is_uniform and of_y is None:
        both = of_x
    if both is not None:
        return both, both
    return of_x or Curve.constant(x), of_y or Curve.constant(y)
