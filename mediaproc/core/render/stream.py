"""What a clip shows, before it is placed: its frames as they come out of its material, or of a timeline."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from mediaproc.core.notes import NoteCode
from mediaproc.core.plan.geometry import upright_size
from mediaproc.core.probe import VideoStream
from mediaproc.core.render.colours import DRAWN
from mediaproc.core.render.context import Context
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.place import Part
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.source import end_of_pictures, pixel_size
from mediaproc.core.render.take import Take, takes
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Clip, MaterialKind, Timeline

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ClipStream:
    """The pictures of some frames of a clip."""

    label: str
    # What a probe found; of what is drawn here, what we make.
    video: VideoStream
    size: tuple[int, int]
    # Width by height, as seen.
    shape: float
    # One picture, to be held once it is placed.
    is_still: bool
    # Whether the pictures are to come in the opposite order, once they are placed.
    is_reversed: bool
    frames: int

    def labelled(self, label: str) -> "ClipStream":
        """The same pictures under another label."""
        return replace(self, label=label)


def open_clip(
    clip: Clip, frames: Window, *, context: Context, draw: Callable[[Timeline, Window], str]
) -> ClipStream | None:
    """The stream of these frames, counted from the clip's own beginning; None where it has no picture."""
    if isinstance(clip.source, Timeline):
        return _compound(clip, clip.source, frames, context=context, draw=draw)
    file = context.file(clip.source)
    if file is None or file.video is None:
        return None
    size = pixel_size(file.video)
    wide, high = upright_size(file.video)
    if clip.source.kind is MaterialKind.STILL or not file.video.moves:
        label, is_still = context.reader.still(file), True
    else:
        label, is_still = _film(clip, file, frames, kind=clip.source.kind, context=context), False
    return ClipStream(
        label=label,
        video=file.video,
        size=size,
        shape=float(wide / high),
        is_still=is_still,
        is_reversed=clip.is_reversed and not is_still,
        frames=frames.frames,
    )


def _film(clip: Clip, file: RoomFile, frames: Window, *, kind: MaterialKind, context: Context) -> str:
    reader, loops = context.reader, kind is MaterialKind.LOOPED
    parts = takes(clip, frames, rate=context.rate)
    if not loops:
        _tell_of_held_pictures(clip, file, parts, frames, context=context)
    labels = [reader.film(file, take, loops=loops) for take in (reversed(parts) if clip.is_reversed else parts)]
    if len(labels) == 1:
        return labels[0]
    joined = Filters().filter("concat", n=len(labels)).then(reader.exactly(frames.frames))
    return context.graph.chain(joined, *labels)


def _tell_of_held_pictures(
    clip: Clip, file: RoomFile, parts: tuple[Take, ...], frames: Window, *, context: Context
) -> None:
    end = end_of_pictures(file)
    if end is None:
        return
    # A picture more than the material has is shown without a word: lengths in projects are rounded.
    beyond = [take for take in parts if take.last > end + take.step / 2 or take.held_first > 1]
    if beyond:
        is_within = frames.first >= 0 and frames.end <= clip.frames
        context.tell(NoteCode.MATERIAL_SHORT if is_within else NoteCode.TRANSITION_HELD, clip)


def _compound(
    clip: Clip, timeline: Timeline, frames: Window, *, context: Context, draw: Callable[[Timeline, Window], str]
) -> ClipStream:
    """The pictures of a timeline; its frames are those of the timeline around it, so its rate is the same."""
    reader = context.reader
    labels = []
    parts = takes(clip, frames, rate=context.rate)
    for take in reversed(parts) if clip.is_reversed else parts:
        frame = _MICROSECONDS / context.rate
        first = min(timeline.frames - 1, max(0, int(take.begin / frame + Fraction(1, 100))))
        end = min(timeline.frames, max(first + 1, int(take.last / frame + Fraction(1, 100)) + 1))
        label = draw(timeline, Window(first=first, end=end))
        # The last picture goes on for ever: `fps` never has to guess when it ends.
        filters = Filters().filter("tpad", stop=-1, stop_mode="clone")
        if take.step != frame:
            filters = filters.filter("fps", fps=_MICROSECONDS / take.step, start_time=0, round="up")
        if take.held_first:
            filters = filters.filter("tpad", start=take.held_first, start_mode="clone")
        labels.append(context.graph.chain(filters.then(reader.exactly(take.frames)), label))
    label = labels[0]
    if len(labels) > 1:
        joined = Filters().filter("concat", n=len(labels)).then(reader.exactly(frames.frames))
        label = context.graph.chain(joined, *labels)
    size = even_size(timeline)
    return ClipStream(
        label=label,
        video=DRAWN,
        size=size,
        shape=size[0] / size[1],
        is_still=False,
        is_reversed=clip.is_reversed,
        frames=frames.frames,
    )


def even_size(timeline: Timeline) -> tuple[int, int]:
    """The canvas, each side rounded up to an even one."""
    return timeline.canvas.width + timeline.canvas.width % 2, timeline.canvas.height + timeline.canvas.height % 2


def changes(clip: Clip) -> bool:
    """Whether its pixels change over time while it rests."""
    curves = [clip.placement.opacity]
    if clip.colour_adjustment is not None:
        adjusted = clip.colour_adjustment
        curves += [adjusted.brightness, adjusted.contrast, adjusted.saturation]
    return not all(curve.is_constant for curve in curves)


def cut_out(part: Part, *, size: tuple[int, int]) -> Filters:
    """Filters that leave a part of a picture of this size."""
    if part == Part(x=0, y=0, width=size[0], height=size[1]):
        return Filters()
    return Filters().filter("crop", part.width, part.height, part.x, part.y, exact=1)


def flipped(filters: Filters, *, across: bool, down: bool) -> Filters:
    """The filters, and those that mirror the picture."""
    filters = filters.filter("hflip") if across else filters
    return filters.filter("vflip") if down else filters
