"""A clip whose place changes: its keyframes become expressions that ffmpeg asks for each frame."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from mediaproc.core.notes import NoteCode
from mediaproc.core.render import colours
from mediaproc.core.render.alpha import with_alpha
from mediaproc.core.render.colouring import coloured
from mediaproc.core.render.context import Context
from mediaproc.core.render.expression import FINEST, at_frame, expression, frame_number
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.place import Fit
from mediaproc.core.render.sprite import Sprite
from mediaproc.core.render.stream import ClipStream, cut_out, flipped
from mediaproc.core.render.turning import square_around, turned
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Canvas, Clip, Curve, Interpolation

# A picture is never scaled to more pixels than so many canvases have.
_MOST_CANVASES = 16
# Degrees.
_FINEST_TURN = 1 / 64
# Pixels.
_ROUNDED = 1e-6


def moves(clip: Clip) -> bool:
    """Whether its place, size or angle changes."""
    place = clip.placement
    curves = (place.centre_x, place.centre_y, place.scale_x, place.scale_y, place.rotation)
    return not all(curve.is_constant for curve in curves)


def covers(clip: Clip, fit: Fit, *, canvas: Canvas) -> bool:
    """Whether the picture of a clip hides the whole canvas in all of its frames, as far as it is opaque."""
    place = clip.placement
    if clip.mask is not None or clip.chroma_key is not None or not _is_one(place.opacity):
        return False
    if not place.rotation.is_constant or place.rotation.value(0) % 180 != 0:
        return False
    for frame in _telling_frames((place.centre_x, place.centre_y, place.scale_x, place.scale_y), clip.frames):
        half_width = fit.width * abs(place.scale_x.value(frame)) / 2 + _ROUNDED
        half_height = fit.height * abs(place.scale_y.value(frame)) / 2 + _ROUNDED
        x, y = place.centre_x.value(frame), place.centre_y.value(frame)
        if x > half_width or y > half_height:
            return False
        if x + half_width < canvas.width or y + half_height < canvas.height:
            return False
    return True


def draw_moving(
    clip: Clip, stream: ClipStream, fit: Fit, frames: Window, *, canvas: Canvas, context: Context
) -> Sprite | None:
    """The frames of a clip that moves, on a canvas of its own."""
    _tell_of_bound(clip, fit, canvas=canvas, context=context)
    motion = _Motion(clip=clip, fit=fit, frames=frames, canvas=canvas, context=context)
    if covers(clip, fit, canvas=canvas) and not stream.video.alpha and not clip.placement.rotation.value(0) % 360:
        return motion.covering(stream)
    return motion.free(stream)


@dataclass(frozen=True, kw_only=True)
class _Motion:
    """The way of one clip, for some of its frames."""

    clip: Clip
    fit: Fit
    frames: Window
    canvas: Canvas
    context: Context

    def covering(self, stream: ClipStream) -> Sprite:
        """Where the picture always hides the whole canvas: what is seen of it is cut out of each frame."""
        filters = cut_out(self.fit.whole, size=stream.size).then(colours.without_hdr(stream.video))
        wide, high = self._largest
        has_many = stream.size[0] * stream.size[1] > 2 * wide * high
        if stream.is_reversed or (stream.is_still and has_many):
            filters = filters.then(colours.scaled(stream.video, wide, high, pixels="yuv444p"))
        filters = self._in_time(filters, stream)
        filters = self._flipped(filters)
        filters = filters.then(colours.scaler(stream.video, self._width, self._height, eval="frame"))
        left = self._each(f"-floor({self._x}-{self._whole_width}/2+0.5)")
        top = self._each(f"-floor({self._y}-{self._whole_height}/2+0.5)")
        size = self.canvas.width, self.canvas.height
        filters = filters.filter("crop", *size, x=left, y=top, exact=1).filter("format", "yuv444p")
        filters = filters.filter("setsar", 1).then(colours.NAMED).filter("format", "yuv420p")
        label = self.context.graph.chain(filters, stream.label)
        label = coloured(label, self.clip, self.frames, has_alpha=False, count=self.frames.frames, context=self.context)
        label = self.context.graph.chain(Filters().filter("format", "yuv420p"), label)
        return Sprite(label=label, x=0, y=0, width=size[0], height=size[1], has_alpha=False)

    def free(self, stream: ClipStream) -> Sprite:
        """Wherever it goes: each frame is laid on a canvas that is transparent."""
        graph, place = self.context.graph, self.clip.placement
        size, has_alpha = self._largest, stream.video.alpha
        filters = cut_out(self.fit.whole, size=stream.size).then(colours.without_hdr(stream.video))
        pixels = "yuva444p" if has_alpha else "yuv444p"
        filters = filters.then(colours.scaled(stream.video, *size, pixels=pixels))
        filters = self._flipped(self._in_time(filters, stream))
        label = graph.chain(filters, stream.label)
        count = self.frames.frames
        label = coloured(label, self.clip, self.frames, has_alpha=has_alpha, count=count, context=self.context)
        label, has_alpha = with_alpha(
            label, self.clip, self.frames, size=size, has_alpha=has_alpha, count=count, context=self.context
        )
        label = graph.chain(Filters().filter("format", "yuva444p"), label)
        if self._is_turned:
            label, size = self._turned(label, size, has_alpha=has_alpha)
        if not (place.scale_x.is_constant and place.scale_y.is_constant):
            wide, high = self._scaled_sides(size)
            label = graph.chain(Filters().filter("scale", w=wide, h=high, eval="frame", flags="bicubic"), label)
        label = self._laid(label, self.canvas.width, self.canvas.height, x=self._left, y=self._top)
        label = graph.chain(Filters().filter("format", "yuva420p"), label)
        return Sprite(label=label, x=0, y=0, width=self.canvas.width, height=self.canvas.height, has_alpha=True)

    @property
    def _is_turned(self) -> bool:
        rotation = self.clip.placement.rotation
        return not rotation.is_constant or bool(rotation.value(0) % 360)

    def _turned(self, label: str, size: tuple[int, int], *, has_alpha: bool) -> tuple[str, tuple[int, int]]:
        """Turned within a square that holds it at every angle, and the size of that.

        Before it is scaled for each frame: `rotate` keeps the size that it saw first, and would cut off what grows,
        without a word. So where its sides grow each in its own way, that is drawn along the axes of the canvas.
        """
        place = self.clip.placement
        degrees = self._curve(place.rotation, finest=_FINEST_TURN)
        box = square_around(size, centre=(place.centre_x.value(0), place.centre_y.value(0)))
        label = turned(
            label,
            size=size,
            angle=self._each(f"({degrees})*PI/180"),
            box=box,
            has_alpha=has_alpha,
            count=self.frames.frames,
            context=self.context,
        )
        return label, box

    def _scaled_sides(self, size: tuple[int, int]) -> tuple[str, str]:
        """The sides in each frame of what has this size where the picture is at its largest."""
        place, most = self.clip.placement, self._largest
        wide = self._scaled(place.scale_x, self.fit.width * size[0] / most[0])
        high = self._scaled(place.scale_y, self.fit.height * size[1] / most[1])
        return self._each(_whole(wide, centre=place.centre_x)), self._each(_whole(high, centre=place.centre_y))

    def _laid(self, label: str, width: int, height: int, *, x: str, y: str) -> str:
        clear = colours.transparent(width=width, height=height, rate=self.context.rate)
        below = self.context.graph.chain(clear.then(self.context.reader.held(self.frames.frames)))
        return self.context.graph.chain(
            Filters().filter("overlay", x=x, y=y, format="yuv444", eval="frame"), below, label
        )

    def _in_time(self, filters: Filters, stream: ClipStream) -> Filters:
        """Reversed, or held: keyframes come behind that."""
        if stream.is_reversed:
            self.context.graph.pixels += stream.frames * self._largest[0] * self._largest[1]
            return filters.filter("reverse")
        return filters.then(self.context.reader.held(stream.frames)) if stream.is_still else filters

    def _flipped(self, filters: Filters) -> Filters:
        place = self.clip.placement
        across = place.flip_horizontal != (place.scale_x.value(0) < 0)
        return flipped(filters, across=across, down=place.flip_vertical != (place.scale_y.value(0) < 0))

    @property
    def _largest(self) -> tuple[int, int]:
        """The size at its largest, as far as it is drawn."""
        return (
            max(1, round(self.fit.width * self._most_x)),
            max(1, round(self.fit.height * self._most_y)),
        )

    @property
    def _most_x(self) -> float:
        return min(self._bound, _most(self.clip.placement.scale_x, self.clip.frames))

    @property
    def _most_y(self) -> float:
        return min(self._bound, _most(self.clip.placement.scale_y, self.clip.frames))

    @property
    def _bound(self) -> float:
        """The largest factor that is drawn."""
        pixels = min(self.context.limits.max_pixels, _MOST_CANVASES * self.canvas.width * self.canvas.height)
        return max(1.0, math.sqrt(pixels / (self.fit.width * self.fit.height)))

    @property
    def _scaled_width(self) -> str:
        return self._scaled(self.clip.placement.scale_x, self.fit.width)

    @property
    def _scaled_height(self) -> str:
        return self._scaled(self.clip.placement.scale_y, self.fit.height)

    def _scaled(self, curve: Curve, side: float) -> str:
        bound = self._bound
        return self._written(lambda frame: side * min(bound, abs(curve.value(frame))), finest=FINEST)

    @property
    def _whole_width(self) -> str:
        return _whole(self._scaled_width, centre=self.clip.placement.centre_x)

    @property
    def _whole_height(self) -> str:
        return _whole(self._scaled_height, centre=self.clip.placement.centre_y)

    @property
    def _width(self) -> str:
        return self._each(self._whole_width)

    @property
    def _height(self) -> str:
        return self._each(self._whole_height)

    @property
    def _x(self) -> str:
        return self._curve(self.clip.placement.centre_x, finest=FINEST)

    @property
    def _y(self) -> str:
        return self._curve(self.clip.placement.centre_y, finest=FINEST)

    @property
    def _left(self) -> str:
        return self._each(self._unless_tiny(f"floor({self._x}-w/2+0.5)"))

    @property
    def _top(self) -> str:
        return self._each(f"floor({self._y}-h/2+0.5)")

    def _unless_tiny(self, place: str) -> str:
        """A picture of less than half a pixel is laid beside the canvas: ffmpeg makes none smaller than one."""
        tiny = f"lt(min({self._scaled_width},{self._scaled_height}),0.5)"
        return f"if({tiny},W,{place})"

    def _curve(self, curve: Curve, *, finest: float) -> str:
        return self._written(curve.value, finest=finest)

    def _written(self, value: Callable[[int], float], *, finest: float) -> str:
        return expression(value, first=self.frames.first, end=self.frames.end, finest=finest)

    def _each(self, written: str) -> str:
        return at_frame(frame_number(self.context.rate, offset=self.frames.first), written)


def _whole(side: str, *, centre: Curve) -> str:
    """A side in whole pixels; about a centre that rests both ends move at once, and the picture does not tremble."""
    if not centre.is_constant:
        return f"max(1,floor({side}+0.5))"
    odd = round(2 * centre.value(0)) % 2
    return f"max({2 - odd},2*floor(({side}-{odd})/2+0.5)+{odd})"


def _is_one(opacity: Curve) -> bool:
    return opacity.is_constant and opacity.value(0) >= 1


def _most(curve: Curve, frames: int) -> float:
    return max(abs(curve.value(frame)) for frame in _telling_frames((curve,), frames))


def _telling_frames(curves: Iterable[Curve], frames: int) -> list[int]:
    """The frames between which all curves run straight, the first and the last one among them."""
    telling = set(chain.from_iterable(_ends(curve) for curve in curves)) | {0, frames - 1}
    return sorted(frame for frame in telling if 0 <= frame < frames)


def _ends(curve: Curve) -> Iterator[int]:
    for place, each in enumerate(curve.keyframes):
        yield from (math.floor(each.at), math.ceil(each.at))
        if each.interpolation is Interpolation.HOLD:
            yield math.floor(each.at) + 1
        if each.interpolation is Interpolation.BEZIER and place + 1 < len(curve.keyframes):
            yield from range(math.ceil(each.at), math.floor(curve.keyframes[place + 1].at) + 1)


def _tell_of_bound(clip: Clip, fit: Fit, *, canvas: Canvas, context: Context) -> None:
    """Takes a note where a clip grows beyond what is drawn."""
    largest = _most(clip.placement.scale_x, clip.frames) * _most(clip.placement.scale_y, clip.frames)
    if largest * fit.width * fit.height > _MOST_CANVASES * canvas.width * canvas.height:
        context.tell(NoteCode.SCALE_BOUNDED, clip)
