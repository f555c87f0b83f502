"""A laid-out text in one pose as events of ASS: its box, the shadows of its letters, the letters."""

import math
from collections.abc import Callable, Iterator

from mediaproc.core.captions import ass
from mediaproc.core.captions.chosen import Stretch
from mediaproc.core.captions.layout import LaidLine, Layout
from mediaproc.core.captions.moments import Pose
from mediaproc.core.timeline.text import Shadow, TextBackground, TextStyle

# Softness is told as a share of the height of a line; libass blurs by about so many pixels.
_BLUR_OF_SOFTNESS = 1 / 3
_MOST_BLUR = 50.0
_WIDEST_STROKE = 200.0
# `\p4` draws in eighths of a pixel.
_DRAWN_SCALE, _DRAWN_UNIT = 4, 8
# How far the control points of a quarter of a circle lie from its ends, by its radius.
_CIRCLE = 0.5523


def events(layout: Layout, *, pose: Pose, background: TextBackground | None) -> Iterator[str]:
    """What each event says, the lowest first."""
    if background is not None:
        yield _box(layout, pose=pose, background=background)
    for line in layout.lines:
        for shadow in dict.fromkeys(each.style.shadow for each in line.stretches if each.words and each.style.shadow):
            yield _shadow(line, shadow, layout=layout, pose=pose)
    for line in layout.lines:
        if any(stretch.words for stretch in line.stretches):
            yield _line(line, 0.0, 0.0, pose=pose, tags=lambda each: _letters(each.style, layout=layout, pose=pose))


def _line(
    line: LaidLine, right: float, below: float, *, pose: Pose, tags: Callable[[Stretch], str], blur: float = 0.0
) -> str:
    blurred = f"\\blur{ass.number(blur)}" if blur else ""
    stretches = "".join(f"{{{_face(each)}{tags(each)}}}{ass.literal(each)}" for each in line.stretches)
    return f"{{\\an5{_placed(line.x + right, line.y + below, pose=pose)}{blurred}}}{stretches}"


def _placed(right: float, below: float, *, pose: Pose) -> str:
    """What lies so far from the middle of the box, with the box scaled, turned and, by a scale below 0, mirrored."""
    width, height = abs(pose.scale_x), abs(pose.scale_y)
    is_mirrored, is_upside_down = pose.scale_x < 0, pose.scale_y < 0
    # libass turns first and mirrors then; turning what is mirrored once is the same in the other direction.
    turned = pose.rotation if is_mirrored != is_upside_down else -pose.rotation
    return "".join(
        (
            f"\\pos({ass.number(pose.x + right * width)},{ass.number(pose.y + below * height)})",
            f"\\org({ass.number(pose.x)},{ass.number(pose.y)})",
            f"\\fscx{ass.number(100 * width)}\\fscy{ass.number(100 * height)}",
            f"\\frz{ass.number(turned)}" if turned else "",
            "\\fry180" if is_mirrored else "",
            "\\frx180" if is_upside_down else "",
        )
    )


def _face(stretch: Stretch) -> str:
    face, style = stretch.file.source.face, stretch.style
    return "".join(
        (
            # The copy of the face says that its line is as high as the face's own table claims: that is its size.
            f"\\fn{stretch.file.family}\\fs{ass.number(style.line_height)}",
            f"\\b{int(style.is_bold and not face.is_bold)}\\i{int(style.is_italic and not face.is_italic)}",
        )
    )


def _letters(style: TextStyle, *, layout: Layout, pose: Pose) -> str:
    around = style.colour if style.stroke is None else style.stroke.colour
    return "".join(
        (
            _spaced(style, layout=layout, pose=pose),
            f"\\u{int(style.is_underlined)}",
            ass.colour(1, style.colour, opacity=pose.opacity),
            ass.colour(3, around, opacity=pose.opacity),
        )
    )


def _spaced(style: TextStyle, *, layout: Layout, pose: Pose) -> str:
    scale = (abs(pose.scale_x) + abs(pose.scale_y)) / 2
    stroke = 0.0 if style.stroke is None else min(style.stroke.width * style.line_height * scale, _WIDEST_STROKE)
    return f"\\fsp{ass.number(layout.letter_spacing * style.line_height)}\\bord{ass.number(stroke)}"


def _shadow(line: LaidLine, shadow: Shadow, *, layout: Layout, pose: Pose) -> str:
    """The letters that have this shadow, in its colour and as far off as it is; the others are not seen."""
    style = next(each.style for each in line.stretches if each.style.shadow == shadow)
    far, angle = shadow.distance * style.line_height, math.radians(shadow.angle)
    scale = (abs(pose.scale_x) + abs(pose.scale_y)) / 2

    def tags(stretch: Stretch) -> str:
        opacity = pose.opacity if stretch.style.shadow == shadow else 0.0
        both = ass.colour(1, shadow.colour, opacity=opacity) + ass.colour(3, shadow.colour, opacity=opacity)
        return f"{_spaced(stretch.style, layout=layout, pose=pose)}\\u{int(stretch.style.is_underlined)}{both}"

    blur = min(shadow.softness * style.line_height * scale * _BLUR_OF_SOFTNESS, _MOST_BLUR)
    return _line(line, far * math.cos(angle), -far * math.sin(angle), pose=pose, tags=tags, blur=blur)


def _box(layout: Layout, *, pose: Pose, background: TextBackground) -> str:
    unit = layout.line_height
    width = layout.width + background.extra_width * unit
    height = layout.height + background.extra_height * unit
    place = _placed(
        background.offset_x * unit - width / 2,
        background.offset_y * unit - height / 2,
        pose=pose,
    )
    colour = ass.colour(1, background.colour, opacity=pose.opacity)
    drawn = _rectangle(width, height, radius=background.round_corner * min(width, height) / 2)
    return f"{{\\an7{place}\\bord0{colour}\\p{_DRAWN_SCALE}}}{drawn}"


def _rectangle(width: float, height: float, *, radius: float) -> str:
    right, low, round_ = (round(length * _DRAWN_UNIT) for length in (width, height, radius))
    if not round_:
        return f"m 0 0 l {right} 0 l {right} {low} l 0 {low}"
    near = round(round_ * (1 - _CIRCLE))
    return (
        f"m {round_} 0 l {right - round_} 0 b {right - near} 0 {right} {near} {right} {round_}"
        f" l {right} {low - round_} b {right} {low - near} {right - near} {low} {right - round_} {low}"
        f" l {round_} {low} b {near} {low} 0 {low - near} 0 {low - round_}"
        f" l 0 {round_} b 0 {near} {near} 0 {round_} 0"
    )
