"""The keyframes of a segment, as curves over its frames."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from mediaproc.core.draft import fields, refusals
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.counts import Counted
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.limits import LONGEST_TIME
from mediaproc.core.draft.segment import Segment
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.timeline.curve import Curve, Interpolation, Keyframe
from mediaproc.core.timeline.frame_grid import FrameGrid

POSITION_X, POSITION_Y = "KFTypePositionX", "KFTypePositionY"
ROTATION = "KFTypeRotation"
SCALE_X, SCALE_Y, UNIFORM_SCALE = "KFTypeScaleX", "KFTypeScaleY", "KFTypeUniformScale"
OPACITY = "KFTypeAlpha"
VOLUME = "KFTypeVolume"
BRIGHTNESS, CONTRAST, SATURATION = "KFTypeBrightness", "KFTypeContrast", "KFTypeSaturation"

# The bounds of the values of each: far beyond what an editor's sliders give.
_BOUNDS: Mapping[str, tuple[float, float]] = {
    POSITION_X: (-1000.0, 1000.0),
    POSITION_Y: (-1000.0, 1000.0),
    ROTATION: (-1e6, 1e6),
    SCALE_X: (-1000.0, 1000.0),
    SCALE_Y: (-1000.0, 1000.0),
    UNIFORM_SCALE: (-1000.0, 1000.0),
    OPACITY: (0.0, 1.0),
    VOLUME: (0.0, 100.0),
    BRIGHTNESS: (-1.0, 1.0),
    CONTRAST: (-1.0, 1.0),
    SATURATION: (-1.0, 1.0),
}
_FARTHEST_HANDLE = 1e9
_MOST_VALUES = 16

# Of the ways that have a name and no handles: the control points as shares of the way in time (out, in).
_EASED = {"EaseIn": (0.42, 0.0), "EaseOut": (0.0, 0.42), "EaseInOut": (0.42, 0.42)}


def read_curves(segment: Segment, *, context: Context) -> Mapping[str, Curve]:
    """A curve for each property that has keyframes, in the draft's own units; those that nothing knows are told."""
    curves: dict[str, Curve] = {}
    for written in fields.mappings(segment.fields, "common_keyframes"):
        name = fields.text(written, "property_type")
        entries = fields.mappings(written, "keyframe_list")
        if not entries:
            continue
        context.counts.take(Counted.KEYFRAMES, len(entries))
        if name not in _BOUNDS:
            context.notes.take(NoteCode.KEYFRAMES_UNKNOWN, segment.where, name=name)
            continue
        curves[name] = _curve(entries, bounds=_BOUNDS[name], grid=context.grid)
        if any(each.interpolation is Interpolation.BEZIER for each in curves[name].keyframes):
            context.notes.take(NoteCode.KEYFRAMES_EASED, segment.where, name=name.removeprefix("KFType"))
    if OPACITY in curves:
        context.notes.take(NoteCode.KEYFRAMES_OF_OPACITY, segment.where)
    if segment.fields.get("keyframe_refs"):
        context.notes.take(NoteCode.KEYFRAMES_OLD, segment.where, name="keyframe_refs")
    return curves


def _curve(entries: list[Fields], *, bounds: tuple[float, float], grid: FrameGrid) -> Curve:
    by_time = {_time(entry): entry for entry in entries}  # of two at one time the later written counts
    times = sorted(by_time)
    keyframes = []
    for place, time in enumerate(times):
        following = times[place + 1] if place + 1 < len(times) else None
        interpolation, handle_out = _way(by_time[time], length=None if following is None else following - time)
        handle_in = _handle(by_time[time], "left_control")
        if place > 0:
            handle_in = handle_in if any(handle_in) else _named_end(by_time[times[place - 1]], time - times[place - 1])
        keyframes.append(
            Keyframe(
                at=grid.frames_in(time),
                value=_value(by_time[time], bounds=bounds),
                interpolation=interpolation,
                handle_out=_in_frames(handle_out, grid=grid),
                handle_in=_in_frames(handle_in, grid=grid),
            )
        )
    return Curve(keyframes=tuple(_without_idle_curves(keyframes)))


def _time(entry: Fields) -> int:
    return fields.integer(entry, "time_offset", low=-LONGEST_TIME, high=LONGEST_TIME, default=0)


def _value(entry: Fields, *, bounds: tuple[float, float]) -> float:
    low, high = bounds
    values = fields.numbers(entry, "values", low=low, high=high, most=_MOST_VALUES)
    if not values:
        raise refusals.malformed("a keyframe has no value")
    return values[0]


def _way(entry: Fields, *, length: int | None) -> tuple[Interpolation, tuple[float, float]]:
    name = fields.text(entry, "curveType")
    if name in {"", "Line"}:
        return Interpolation.LINEAR, (0.0, 0.0)
    if name == "Hold":
        return Interpolation.HOLD, (0.0, 0.0)
    handle = _handle(entry, "right_control")
    if not any(handle) and length is not None and name in _EASED:
        handle = (_EASED[name][0] * length, 0.0)
    return Interpolation.BEZIER, handle


def _named_end(entry: Fields, length: int) -> tuple[float, float]:
    """The handle at the end of a way that is eased by name."""
    name = fields.text(entry, "curveType")
    return (-_EASED[name][1] * length, 0.0) if name in _EASED else (0.0, 0.0)


def _handle(entry: Fields, key: str) -> tuple[float, float]:
    control = fields.mapping(entry, key)
    x = fields.number(control, "x", low=-LONGEST_TIME, high=LONGEST_TIME, default=0.0)
    return x, fields.number(control, "y", low=-_FARTHEST_HANDLE, high=_FARTHEST_HANDLE, default=0.0)


def _in_frames(handle: tuple[float, float], *, grid: FrameGrid) -> tuple[float, float]:
    return float(Fraction(handle[0]) * grid.frames_in(1)), handle[1]


def _without_idle_curves(keyframes: list[Keyframe]) -> list[Keyframe]:
    """A Bézier curve is called a straight line where its handles are nothing, and where it leads nowhere."""
    ends: list[Keyframe | None] = [*keyframes[1:], None]
    return [
        replace(each, interpolation=Interpolation.LINEAR) if _is_idle(each, end) else each
        for each, end in zip(keyframes, ends, strict=True)
    ]


def _is_idle(start: Keyframe, end: Keyframe | None) -> bool:
    if start.interpolation is not Interpolation.BEZIER:
        return False
    return end is None or not (any(start.handle_out) or any(end.handle_in))
