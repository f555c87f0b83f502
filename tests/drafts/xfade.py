"""What lies between two pictures: the transitions of ffmpeg's xfade, by their formulas, in NumPy."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from tests.drafts.rendition import Array

# The earlier picture, the later one, and how much is left of the earlier: from 1 to 0. Height, width, channels each.
Transition: TypeAlias = Callable[[Array, Array, float], Array]


def smooth(low: float, high: float, value: Array | float) -> Array:
    """0 up to `low`, 1 from `high` on, between them without a corner."""
    share = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _mix(one: Array, other: Array, share: Array | float) -> Array:
    return np.asarray(one * share + other * (1 - np.asarray(share, np.float32)), np.float32)


def _fade(a: Array, b: Array, left: float) -> Array:
    return _mix(a, b, left)


def _flash(level: float) -> Transition:
    def transition(a: Array, b: Array, left: float) -> Array:
        between = np.full_like(a, level)
        between[..., 3:] = 255
        return _mix(_mix(a, between, smooth(0.8, 1, left)), _mix(between, b, smooth(0.2, 1, left)), left)

    return transition


def _slide(axis: int, direction: int) -> Transition:
    def transition(a: Array, b: Array, left: float) -> Array:
        length = a.shape[axis]
        gone = (
            int(np.float32(left) * np.float32(length)) if direction > 0 else -int(np.float32(left) * np.float32(length))
        )
        places = np.arange(length) + gone
        shown = np.where((places >= 0) & (places < length), 1, 0).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        slid = np.where(shown == 1, np.take(b, places % length, axis), np.take(a, places % length, axis))
        return np.asarray(slid)

    return transition


def _wipe(axis: int, *, from_end: bool) -> Transition:
    def transition(a: Array, b: Array, left: float) -> Array:
        length = a.shape[axis]
        places = np.arange(length).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        if from_end:
            return np.where(places > int(np.float32(left) * np.float32(length)), b, a)
        return np.where(places > int(np.float32(length) * (1 - np.float32(left))), a, b)

    return transition


def _circle_open(a: Array, b: Array, left: float) -> Array:
    height, width = a.shape[:2]
    across, down = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    distance = np.hypot(across, down) / np.hypot(width / 2, height / 2)
    return _mix(a, b, smooth(0, 1, distance + (left - 0.5) * 3)[..., None])


def _blur(a: Array, b: Array, left: float) -> Array:
    way = left * 2 if left <= 0.5 else (1 - left) * 2
    size = int(1 + a.shape[1] / 2 * way)
    return _mix(_spread(a, size), _spread(b, size), left)


def _spread(picture: Array, size: int) -> Array:
    """Each pixel is the mean of so many from it on to the right, as far as there are any."""
    width = picture.shape[1]
    sums = np.concatenate([np.zeros_like(picture[:, :1]), np.cumsum(picture, 1, dtype=np.float64)], 1)
    ends = np.minimum(np.arange(width) + size, width)
    counts = (ends - np.arange(width)).reshape(1, -1, 1)
    return np.asarray((sums[:, ends] - sums[:, :-1]) / counts, np.float32)


def _zoom_in(a: Array, b: Array, left: float) -> Array:
    zoom = float(smooth(0.5, 1, left))
    height, width = a.shape[:2]
    columns = np.ceil((0.5 + (np.arange(width) / width - 0.5) * zoom) * (width - 1)).astype(int)
    rows = np.ceil((0.5 + (np.arange(height) / height - 0.5) * zoom) * (height - 1)).astype(int)
    return _mix(a[rows][:, columns], b, smooth(0, 0.5, left))


# By the name that ffmpeg has for it.
TRANSITIONS: Mapping[str, Transition] = MappingProxyType(
    {
        "fade": _fade,
        "fadeblack": _flash(0),
        "fadewhite": _flash(255),
        "slideleft": _slide(1, -1),
        "slideright": _slide(1, 1),
        "slideup": _slide(0, -1),
        "slidedown": _slide(0, 1),
        "wipeleft": _wipe(1, from_end=True),
        "wiperight": _wipe(1, from_end=False),
        "wipeup": _wipe(0, from_end=True),
        "wipedown": _wipe(0, from_end=False),
        "circleopen": _circle_open,
        "hblur": _blur,
        "zoomin": _zoom_in,
    }
)
# By the draft's own name; any other one is a fade.
DRAWN_AS: Mapping[str, str] = MappingProxyType(
    {
        "叠化": "fade", "闪黑": "fadeblack", "闪白": "fadewhite", "左移": "slideleft", "右移": "slideright",
        "上移": "slideup", "下移": "slidedown", "向左擦除": "wipeleft", "向右擦除": "wiperight",
        "向上擦除": "wipeup", "向下擦除": "wipedown", "圆形遮罩": "circleopen", "模糊": "hblur",
        "推近": "zoomin", "拉远": "zoomin",
    }
)  # fmt: skip
