"""The animations at the beginning and the end of a segment, as keyframes where something close to them can be drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mediaproc.core.draft import approximations, fields
from mediaproc.core.draft.approximations import Animation, Motion
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.limits import MOST_ANIMATIONS
from mediaproc.core.draft.placement import Property
from mediaproc.core.draft.segment import Segment
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes
from mediaproc.core.timeline.curve import Curve, Keyframe
from mediaproc.core.timeline.frame_grid import FrameGrid
from mediaproc.core.timeline.model import Canvas

_MOVED = {
    Motion.FADE: (Property.OPACITY,),
    Motion.SLIDE_LEFT: (Property.CENTRE_X,),
    Motion.SLIDE_RIGHT: (Property.CENTRE_X,),
    Motion.SLIDE_UP: (Property.CENTRE_Y,),
    Motion.SLIDE_DOWN: (Property.CENTRE_Y,),
    Motion.SCALE: (Property.SCALE_X, Property.SCALE_Y),
}
_AWAY = {Motion.SLIDE_LEFT: -1, Motion.SLIDE_RIGHT: 1, Motion.SLIDE_UP: -1, Motion.SLIDE_DOWN: 1}


@dataclass(frozen=True, kw_only=True)
class _Animated:
    """An animation that is drawn: over how many frames, and at which end."""

    animation: Animation
    frames: int
    is_entrance: bool


def apply_animations(
    properties: dict[Property, Curve], *, segment: Segment, frames: int, context: Context
) -> dict[Property, Curve]:
    """The properties with what is drawn of the segment's animations; each animation has its note."""
    ways: dict[Property, list[_Animated]] = {}
    for name, animated in _drawn(segment, frames=frames, grid=context.grid, notes=context.notes):
        moved = _MOVED[animated.animation.motion]
        if any(len(properties[each].keyframes) > 1 for each in moved):
            context.notes.take(NoteCode.ANIMATION_UNDER_KEYFRAMES, segment.where, name=name)
            continue
        context.notes.take(NoteCode.ANIMATION_APPROXIMATED, segment.where, name=name, value=animated.animation.motion)
        for each in moved:
            ways.setdefault(each, []).append(animated)
    changed = {
        moved: _curve(properties[moved].keyframes[0].value, drawn, moved=moved, frames=frames, canvas=context.canvas)
        for moved, drawn in ways.items()
    }
    return properties | changed


def _drawn(segment: Segment, *, frames: int, grid: FrameGrid, notes: Notes) -> Iterator[tuple[str, _Animated]]:
    seen: set[bool] = set()
    for entry in _written(segment):
        name, kind = fields.text(entry, "name"), fields.text(entry, "type")
        is_entrance = kind == "in"
        look_up = {"in": approximations.entrance, "out": approximations.departure}.get(kind)
        animation = look_up(name) if look_up else None
        # The end is where the segment ends: editors write the start of an animation there in two ways.
        lasts = min(grid.frame(fields.time(entry, "duration")), frames - 1)
        if animation is None or is_entrance in seen:
            notes.take(NoteCode.ANIMATION_UNKNOWN, segment.where, name=name or kind)
        elif lasts > 0:
            seen.add(is_entrance)
            yield name, _Animated(animation=animation, frames=lasts, is_entrance=is_entrance)


def _written(segment: Segment) -> Iterator[Fields]:
    for extra in segment.extras_of("material_animations"):
        yield from fields.mappings(extra.fields, "animations", most=MOST_ANIMATIONS)


def _curve(base: float, drawn: list[_Animated], *, moved: Property, frames: int, canvas: Canvas) -> Curve:
    entrance = next((each for each in drawn if each.is_entrance), None)
    exit_ = next((each for each in drawn if not each.is_entrance), None)
    arrived = entrance.frames if entrance else 0
    # Where the two would overlap, the one at the end waits until the one at the beginning is done.
    leaves = max(frames - exit_.frames, arrived) if exit_ else frames
    places: dict[int, float] = {}
    if entrance:
        places |= {0: _far(base, entrance, moved=moved, canvas=canvas), arrived: base}
    if exit_ and leaves < frames:
        places |= {leaves: base, frames: _far(base, exit_, moved=moved, canvas=canvas)}
    return Curve(keyframes=tuple(Keyframe(at=Fraction(at), value=value) for at, value in sorted(places.items())))


def _far(base: float, animated: _Animated, *, moved: Property, canvas: Canvas) -> float:
    """The value at the far end of the animation: before the first frame, or after the last."""
    motion = animated.animation.motion
    if motion is Motion.FADE:
        return 0.0
    if motion is Motion.SCALE:
        return base * animated.animation.scale
    side = canvas.width if moved is Property.CENTRE_X else canvas.height
    towards = _AWAY[motion] * side
    return base - towards if animated.is_entrance else base + towards
