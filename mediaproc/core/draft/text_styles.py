"""How the letters of a text look: from the styles within its content, else from the fields beside it."""

from collections.abc import Iterator
from dataclasses import replace

from mediaproc.core.draft import fields
from mediaproc.core.draft.fields import Fields
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.timeline.appearance import Colour
from mediaproc.core.timeline.model import Canvas
from mediaproc.core.timeline.text import Shadow, Stroke, TextBackground, TextStyle

# The size of a font by the width of the canvas: how high a line is (ascent and descent of the face's own table) at
# size 1. Measured on twelve exports of CapCut with two faces; other faces, Chinese ones above all, are some 8 % off.
SIZES_IN_A_WIDTH = 172

_USUAL_SIZE = 15.0
_LARGEST_SIZE = 1000.0
_WIDEST = 100.0
_MOST_TURNED = 1e6
_MOST_LINES = 20
_PARTS_OF_A_COLOUR = 4
# A distance of a shadow is a number up to 100 that the height of a line is 100 of.
_DISTANCE = 100.0
_WHITE, _BLACK = Colour(red=255, green=255, blue=255), Colour(red=0, green=0, blue=0)
_FACES = (".ttf", ".otf", ".ttc")

# Of `check_flag`: what the editor draws of the fields beside a text.
_HAS_STROKE, _HAS_BACKGROUND = 8, 16


def plain_style(entry: Fields, *, canvas: Canvas) -> TextStyle:
    """The style of words that no style within the content covers."""
    size = fields.number(entry, "font_size", low=0.0, high=_LARGEST_SIZE, default=_USUAL_SIZE)
    return TextStyle(
        line_height=_line_height(size or _USUAL_SIZE, canvas=canvas),
        colour=_faded(fields.colour(entry, "text_color") or _WHITE, fields.share(entry, "text_alpha", default=1.0)),
        font=_face(fields.text(entry, "font_path")),
        is_bold=fields.number(entry, "bold_width", low=0.0, high=_WIDEST, default=0.0) > 0,
        is_italic=fields.number(entry, "italic_degree", low=-_WIDEST, high=_WIDEST, default=0.0) > 0,
        is_underlined=fields.flag(entry, "underline"),
        stroke=_plain_stroke(entry),
        shadow=_plain_shadow(entry),
    )


def read_style(style: Fields, *, plain: TextStyle, canvas: Canvas) -> TextStyle:
    """One of the styles within a text's content; what it does not say is as in `plain`."""
    size = fields.number(style, "size", low=0.0, high=_LARGEST_SIZE, default=0.0)
    strokes = fields.mappings(style, "strokes", most=_MOST_LINES)
    shadows = fields.mappings(style, "shadows", most=_MOST_LINES)
    return TextStyle(
        line_height=_line_height(size, canvas=canvas) if size else plain.line_height,
        colour=_solid(fields.mapping(style, "fill")) or plain.colour,
        font=_face(fields.text(fields.mapping(style, "font"), "path")) or plain.font,
        is_bold=fields.flag(style, "bold", default=plain.is_bold),
        is_italic=fields.flag(style, "italic", default=plain.is_italic),
        is_underlined=fields.flag(style, "underline", default=plain.is_underlined),
        stroke=_stroke(strokes[0]) if strokes else plain.stroke,
        shadow=_shadow(shadows[0]) if shadows else plain.shadow,
    )


def read_background(entry: Fields) -> TextBackground | None:
    """The box behind a text."""
    colour = fields.colour(entry, "background_color")
    flags = fields.integer(entry, "check_flag", low=0, high=2**31, default=0)
    style = fields.integer(entry, "background_style", low=0, high=100, default=0)
    if colour is None or not (style or flags & _HAS_BACKGROUND):
        return None
    return TextBackground(
        colour=_faded(colour, fields.share(entry, "background_alpha", default=1.0)),
        round_corner=fields.share(entry, "background_round_radius", default=0.0),
        extra_width=fields.number(entry, "background_width", low=0.0, high=_WIDEST, default=0.14),
        extra_height=fields.number(entry, "background_height", low=0.0, high=_WIDEST, default=0.14),
        offset_x=fields.number(entry, "background_horizontal_offset", low=-_WIDEST, high=_WIDEST, default=0.0),
        offset_y=fields.number(entry, "background_vertical_offset", low=-_WIDEST, high=_WIDEST, default=0.0),
    )


def told_of_text(entry: Fields) -> Iterator[tuple[NoteCode, str]]:
    """What of a text is not drawn, by the fields beside its content."""
    if entry.get("text_curve"):
        yield NoteCode.TEXT_CURVED, ""
    template = fields.mapping(entry, "caption_template_info")
    if fields.text(template, "resource_id"):
        yield NoteCode.TEMPLATE, fields.text(template, "resource_name") or fields.text(template, "resource_id")
    if fields.mapping(entry, "combo_info").get("text_templates"):
        yield NoteCode.TEMPLATE, "combo_info"


def told_of_style(style: Fields) -> Iterator[tuple[NoteCode, str]]:
    """What of a style within the content is not drawn."""
    kind = fields.text(fields.mapping(fields.mapping(style, "fill"), "content"), "render_type")
    if kind not in {"", "solid"}:
        yield NoteCode.TEXT_FILL, kind
    effect = fields.mapping(style, "effectStyle")
    name = fields.text(effect, "name") or fields.text(effect, "id")
    if name:
        yield NoteCode.TEXT_EFFECT, name


def _line_height(size: float, *, canvas: Canvas) -> float:
    return size * canvas.width / SIZES_IN_A_WIDTH


def _face(path: str) -> str:
    return path if path.casefold().endswith(_FACES) else ""


def _solid(holder: Fields) -> Colour | None:
    solid = fields.mapping(fields.mapping(holder, "content"), "solid")
    parts = fields.numbers(solid, "color", low=0.0, high=1.0, most=_PARTS_OF_A_COLOUR)
    if len(parts) < _PARTS_OF_A_COLOUR - 1:
        return None
    red, green, blue = (round(part * 255) for part in parts[:3])
    alpha = fields.share(solid, "alpha", default=1.0) * fields.share(holder, "alpha", default=1.0)
    return _faded(Colour(red=red, green=green, blue=blue), alpha)


def _faded(colour: Colour, share: float) -> Colour:
    return replace(colour, alpha=round(colour.alpha * share))


def _stroke(line: Fields) -> Stroke | None:
    width = fields.number(line, "width", low=0.0, high=_WIDEST, default=0.0)
    return Stroke(colour=_solid(line) or _BLACK, width=width) if width else None


def _plain_stroke(entry: Fields) -> Stroke | None:
    colour = fields.colour(entry, "border_color")
    width = fields.number(entry, "border_width", low=0.0, high=_WIDEST, default=0.0)
    flags = fields.integer(entry, "check_flag", low=0, high=2**31, default=0)
    if colour is None or not width or not flags & _HAS_STROKE:
        return None
    return Stroke(colour=_faded(colour, fields.share(entry, "border_alpha", default=1.0)), width=width)


def _shadow(entry: Fields) -> Shadow:
    return Shadow(
        colour=_faded(_solid(entry) or _BLACK, fields.share(entry, "alpha", default=1.0)),
        distance=fields.number(entry, "distance", low=0.0, high=1000.0, default=0.0) / _DISTANCE,
        angle=fields.number(entry, "angle", low=-_MOST_TURNED, high=_MOST_TURNED, default=0.0),
        softness=fields.number(entry, "diffuse", low=0.0, high=_WIDEST, default=0.0),
    )


def _plain_shadow(entry: Fields) -> Shadow | None:
    if not fields.flag(entry, "has_shadow"):
        return None
    colour = fields.colour(entry, "shadow_color") or _BLACK
    return Shadow(
        colour=_faded(colour, fields.share(entry, "shadow_alpha", default=1.0)),
        distance=fields.number(entry, "shadow_distance", low=0.0, high=1000.0, default=0.0) / _DISTANCE,
        angle=fields.number(entry, "shadow_angle", low=-_MOST_TURNED, high=_MOST_TURNED, default=0.0),
        softness=fields.number(entry, "shadow_smoothing", low=0.0, high=_WIDEST, default=0.0),
    )
