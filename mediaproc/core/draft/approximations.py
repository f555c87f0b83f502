"""The one table of what is drawn for which name: transitions, animations, masks and blend modes, by their own names.

The editor's own pictures of these are not in a draft; what is drawn here is this program's, and a note says so each
time. A name that is not in the table is told. Names are JianYing's (Chinese) and CapCut's (English), compared without
regard to case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from mediaproc.core.timeline.appearance import BlendMode, MaskShape
from mediaproc.core.timeline.transition import TransitionKind

_Drawn = TypeVar("_Drawn")

# What is drawn for a transition that no table knows.
UNKNOWN_TRANSITION = TransitionKind.FADE


class Motion(StrEnum):
    """What an animation does on its way in; on its way out it does the same backwards."""

    FADE = "fade"
    # From beyond the edge of the canvas, in the named direction.
    SLIDE_LEFT = "slide_left"
    SLIDE_RIGHT = "slide_right"
    SLIDE_UP = "slide_up"
    SLIDE_DOWN = "slide_down"
    SCALE = "scale"


@dataclass(frozen=True, kw_only=True)
class Animation:
    """A motion, and for `SCALE` the factor at its far end."""

    motion: Motion
    scale: float = 1.0


_TRANSITIONS = {
    TransitionKind.FADE: ("叠化", "叠加", "Dissolve", "Cross Dissolve", "Fade", "Mix"),
    TransitionKind.FADE_BLACK: ("闪黑", "Black Fade", "Fade to Black", "Flash Black"),
    TransitionKind.FADE_WHITE: ("闪白", "White Flash", "Fade to White", "Flash White"),
    TransitionKind.SLIDE_LEFT: ("左移", "向左", "Slide Left", "Push Left", "Move Left", "Left"),
    TransitionKind.SLIDE_RIGHT: ("右移", "向右", "Slide Right", "Push Right", "Move Right", "Right"),
    TransitionKind.SLIDE_UP: ("上移", "向上", "Slide Up", "Push Up", "Move Up", "Up"),
    TransitionKind.SLIDE_DOWN: ("下移", "向下", "Slide Down", "Push Down", "Move Down", "Down"),
    TransitionKind.WIPE_LEFT: ("向左擦除", "Wipe Left"),
    TransitionKind.WIPE_RIGHT: ("向右擦除", "Wipe Right"),
    TransitionKind.WIPE_UP: ("向上擦除", "Wipe Up"),
    TransitionKind.WIPE_DOWN: ("向下擦除", "Wipe Down"),
    TransitionKind.CIRCLE_OPEN: ("圆形遮罩", "圆形遮罩 II", "Circle Mask", "Circle", "Iris"),
    TransitionKind.HORIZONTAL_BLUR: ("模糊", "横向模糊", "Blur", "Horizontal Blur"),
    TransitionKind.ZOOM_IN: ("推近", "拉远", "Pull In", "Pull Out", "Zoom In", "Zoom Out"),
}

_ENTRANCES = {
    Animation(motion=Motion.FADE): ("渐显", "Fade In", "Fade"),
    Animation(motion=Motion.SLIDE_LEFT): ("向左滑动", "Slide Left"),
    Animation(motion=Motion.SLIDE_RIGHT): ("向右滑动", "Slide Right"),
    Animation(motion=Motion.SLIDE_UP): ("向上滑动", "Slide Up"),
    Animation(motion=Motion.SLIDE_DOWN): ("向下滑动", "Slide Down"),
    Animation(motion=Motion.SCALE, scale=0.0): ("放大", "Zoom In", "Zoom 1"),
    Animation(motion=Motion.SCALE, scale=2.0): ("缩小", "Zoom Out", "Zoom 2"),
    Animation(motion=Motion.SCALE, scale=0.8): ("轻微放大", "Mini Zoom", "Slight Zoom"),
}

_EXITS = {
    Animation(motion=Motion.FADE): ("渐隐", "Fade Out", "Fade"),
    Animation(motion=Motion.SLIDE_LEFT): ("向左滑动", "Slide Left"),
    Animation(motion=Motion.SLIDE_RIGHT): ("向右滑动", "Slide Right"),
    Animation(motion=Motion.SLIDE_UP): ("向上滑动", "Slide Up"),
    Animation(motion=Motion.SLIDE_DOWN): ("向下滑动", "Slide Down"),
    Animation(motion=Motion.SCALE, scale=2.0): ("放大", "Zoom In", "Zoom 1"),
    Animation(motion=Motion.SCALE, scale=0.0): ("缩小", "Zoom Out", "Zoom 2"),
    Animation(motion=Motion.SCALE, scale=1.2): ("轻微放大", "Mini Zoom", "Slight Zoom"),
}

# By the type of the resource where the draft gives it, else by the name.
_MASKS = {
    MaskShape.LINE: ("line", "linear", "线性", "Split", "Horizontal"),
    MaskShape.BAND: ("mirror", "镜面", "Filmstrip", "Mirror"),
    MaskShape.ELLIPSE: ("circle", "圆形", "Circle"),
    MaskShape.RECTANGLE: ("rectangle", "矩形", "Rectangle"),
}

_BLEND_MODES = {
    BlendMode.NORMAL: ("正常", "Normal"),
    BlendMode.MULTIPLY: ("正片叠底", "Multiply"),
    BlendMode.SCREEN: ("滤色", "Screen"),
    BlendMode.OVERLAY: ("叠加", "Overlay"),
    BlendMode.SOFT_LIGHT: ("柔光", "Soft Light"),
    BlendMode.HARD_LIGHT: ("强光", "Hard Light"),
    BlendMode.COLOUR_DODGE: ("颜色减淡", "Color Dodge"),
    BlendMode.COLOUR_BURN: ("颜色加深", "Color Burn"),
    BlendMode.LINEAR_BURN: ("线性加深", "Linear Burn"),
    BlendMode.DARKEN: ("变暗", "Darken"),
    BlendMode.LIGHTEN: ("变亮", "Lighten"),
    BlendMode.DIFFERENCE: ("差值", "Difference"),
    BlendMode.EXCLUSION: ("排除", "Exclusion"),
}


def _by_name(table: Mapping[_Drawn, tuple[str, ...]]) -> Mapping[str, _Drawn]:
    return MappingProxyType({name.casefold(): drawn for drawn, names in table.items() for name in names})


_TRANSITION_BY_NAME = _by_name(_TRANSITIONS)
_ENTRANCE_BY_NAME = _by_name(_ENTRANCES)
_EXIT_BY_NAME = _by_name(_EXITS)
_MASK_BY_NAME = _by_name(_MASKS)
_BLEND_MODE_BY_NAME = _by_name(_BLEND_MODES)


def transition(name: str) -> TransitionKind | None:
    """What is drawn for a transition, None where nothing is close to it."""
    return _TRANSITION_BY_NAME.get(_plain(name))


def entrance(name: str) -> Animation | None:
    """What is drawn for the animation at the beginning of a clip or text, None where nothing is close to it."""
    return _ENTRANCE_BY_NAME.get(_plain(name))


def departure(name: str) -> Animation | None:
    """What is drawn for the animation at the end of a clip or text, None where nothing is close to it."""
    return _EXIT_BY_NAME.get(_plain(name))


def mask(name: str) -> MaskShape | None:
    """The shape of a mask by its type or name, None for one that is not drawn."""
    return _MASK_BY_NAME.get(_plain(name))


def blend_mode(name: str) -> BlendMode | None:
    """The blend mode, None for one that is not drawn."""
    return _BLEND_MODE_BY_NAME.get(_plain(name))


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())
