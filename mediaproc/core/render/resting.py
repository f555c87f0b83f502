"""A clip that rests where it lies: everything about its place is worked out before ffmpeg starts."""

import math
from dataclasses import replace

from mediaproc.core.render import colours
from mediaproc.core.render.alpha import with_alpha
from mediaproc.core.render.colouring import coloured
from mediaproc.core.render.context import Context
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.place import Fit, Part, Place, resting_place
from mediaproc.core.render.sprite import Sprite, aligned
from mediaproc.core.render.stream import ClipStream, changes, cut_out, flipped
from mediaproc.core.render.turning import box_around, turned
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Canvas, Clip

_QUARTER_TURNS = (
    Filters(),
    Filters().filter("transpose", "clock"),
    Filters().filter("hflip").filter("vflip"),
    Filters().filter("transpose", "cclock"),
)


def draw_resting(
    clip: Clip, stream: ClipStream, fit: Fit, frames: Window, *, canvas: Canvas, context: Context
) -> Sprite | None:
    """The frames of a clip that does not move, None where nothing of them can be seen."""
    place = resting_place(clip, fit, canvas=canvas)
    if place is None:
        return None
    box = _box(place)
    seen = _within(box, canvas=canvas)
    if seen is None:
        return None
    is_odd = any(each % 2 for each in (seen.x, seen.y, seen.width, seen.height))
    is_free = place.quarter_turns is None
    pixels = f"{'yuva' if stream.video.alpha else 'yuv'}{'444p' if is_odd or is_free else '420p'}"
    filters = cut_out(place.part, size=stream.size).then(colours.without_hdr(stream.video))
    filters = filters.then(colours.scaled(stream.video, place.width, place.height, pixels=pixels))
    if stream.is_reversed:
        filters = filters.filter("reverse")
        context.graph.pixels += stream.frames * place.width * place.height
    filters = flipped(filters, across=place.flip_horizontal, down=place.flip_vertical)
    is_held_early = stream.is_still and changes(clip)
    if is_held_early:
        filters = filters.then(context.reader.held(stream.frames))
    label = context.graph.chain(filters, stream.label)
    count = stream.frames if is_held_early or not stream.is_still else 1
    size = place.width, place.height
    label = coloured(label, clip, frames, has_alpha=stream.video.alpha, count=count, context=context)
    label, has_alpha = with_alpha(
        label, clip, frames, size=size, has_alpha=stream.video.alpha, count=count, context=context
    )
    turns = place.quarter_turns
    if turns is None:
        label = turned(
            label,
            size=size,
            angle=math.radians(place.rotation),
            box=(box.width, box.height),
            has_alpha=has_alpha,
            count=count,
            context=context,
        )
        has_alpha = True
    last = _QUARTER_TURNS[turns or 0].then(
        cut_out(replace(seen, x=seen.x - box.x, y=seen.y - box.y), size=(box.width, box.height))
    )
    on_even, sprite = aligned(Sprite(label=label, **vars(seen), has_alpha=has_alpha))
    last = last.then(on_even)
    if stream.is_still and not is_held_early:
        last = last.then(context.reader.held(stream.frames))
    return replace(sprite, label=context.graph.chain(last, label))


def _box(place: Place) -> Part:
    """Where the picture lies once it is turned."""
    if place.quarter_turns is None:
        width, height = box_around(
            (place.width, place.height), degrees=place.rotation, centre=(place.centre_x, place.centre_y)
        )
    elif place.quarter_turns % 2:
        width, height = place.height, place.width
    else:
        width, height = place.width, place.height
    x, y = math.floor(place.centre_x - width / 2 + 0.5), math.floor(place.centre_y - height / 2 + 0.5)
    return Part(x=x, y=y, width=width, height=height)


def _within(box: Part, *, canvas: Canvas) -> Part | None:
    left, top = max(0, box.x), max(0, box.y)
    right, bottom = min(canvas.width, box.x + box.width), min(canvas.height, box.y + box.height)
    return Part(x=left, y=top, width=right - left, height=bottom - top) if left < right and top < bottom else None
