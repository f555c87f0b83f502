"""The pictures of a window of a timeline: its layers from the lowest to the highest, as one filter graph."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mediaproc.core.limits import Limits
from mediaproc.core.notes import NoteCode, Notes, Where
from mediaproc.core.render.clip_drawing import ClipDrawing
from mediaproc.core.render.colours import NAMED, on_rgb
from mediaproc.core.render.context import CaptionWriter, Context
from mediaproc.core.render.drawing import Drawing
from mediaproc.core.render.graph import Filters, Graph
from mediaproc.core.render.room_file import Files
from mediaproc.core.render.run import Run, runs
from mediaproc.core.render.source import Reader
from mediaproc.core.render.sprite import Sprite, laid_upon
from mediaproc.core.render.stream import even_size
from mediaproc.core.render.transitions import segments
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import FrameGrid, Layer, Timeline

# Canvases that are on their way between filters and in the encoder, beside those that inputs hold.
_CANVASES_HELD = 12


def draw_pictures(
    timeline: Timeline,
    *,
    window: Window,
    files: Files,
    tables: Mapping[str, str],
    captions: CaptionWriter,
    notes: Notes,
    limits: Limits,
    threads: int,
) -> Drawing:
    """The graph for the frames of a window, each the same in whichever window it is drawn.

    `tables`: the names in the room of lookup tables, by what the project calls them. `threads`: for each decoder.
    """
    graph = Graph()
    context = Context(
        graph=graph,
        reader=Reader(graph=graph, rate=timeline.rate, threads=threads),
        files=files,
        tables=tables,
        captions=captions,
        notes=notes,
        limits=limits,
        rate=timeline.rate,
    )
    _tell_of_odd_sides(timeline, notes=notes)
    label = _drawn(timeline, window, context=context)
    # Nothing of what lies beside a picture is for viewers: places, times, captions.
    graph.end(Filters().filter("sidedata", mode="delete").then(NAMED), label, label="picture")
    width, height = even_size(timeline)
    return Drawing(
        inputs=tuple(graph.inputs),
        graph=graph.written,
        texts=graph.texts,
        pixels=graph.pixels + _CANVASES_HELD * width * height,
    )


def _drawn(timeline: Timeline, window: Window, *, context: Context) -> str:
    width, height = even_size(timeline)
    canvas = replace(timeline.canvas, width=width, height=height)
    clips = ClipDrawing(
        given=timeline.canvas,
        canvas=canvas,
        context=context,
        compound=lambda inner, frames: _drawn(inner, frames, context=context),
    )
    label = ""
    for layer in timeline.layers:
        found = runs(layer, window)
        if found and not label:
            label = _lowest(found, window, clips=clips)
        else:
            for run in found:
                label = _above(label, run, window, clips=clips)
        label = _written(label, layer, window, timeline=timeline, clips=clips)
    label = label or clips.empty(window.frames)
    # An odd side becomes even by a line that is like those beside it; two of them, since they share their colours.
    beyond = {"right": 2 * (width - timeline.canvas.width), "bottom": 2 * (height - timeline.canvas.height)}
    return context.graph.chain(Filters().filter("fillborders", **beyond), label) if any(beyond.values()) else label


def _lowest(found: Sequence[Run], window: Window, *, clips: ClipDrawing) -> str:
    """One after the other, with the background between them: nothing has to be laid over anything."""
    labels, at = [], window.first
    for run in found:
        for segment in segments(run, window, whole=clips.whole, is_opaque=True, context=clips.context):
            if segment.window.first > at:
                labels.append(clips.empty(segment.window.first - at))
            labels.append(segment.label)
            at = segment.window.end
    if at < window.end:
        labels.append(clips.empty(window.end - at))
    return _joined(labels, frames=window.frames, context=clips.context)


def _joined(labels: Sequence[str], *, frames: int, context: Context) -> str:
    if len(labels) == 1:
        return labels[0]
    # `concat` guesses how long the last frame of each part is; numbers are right.
    joined = Filters().filter("concat", n=len(labels)).then(context.reader.exactly(frames))
    return context.graph.chain(joined, *labels)


def _above(label: str, run: Run, window: Window, *, clips: ClipDrawing) -> str:
    """A run over all that lies behind it."""
    seen = run.window.within(window)
    at = seen.first - window.first
    [clip, *others] = run.clips
    if not others and clip.fill_behind is None:
        frames = Window(first=seen.first - clip.first, end=seen.end - clip.first)
        sprite = clips.sprite(clip, frames)
        return label if sprite is None else clips.laid(label, clip, sprite, frames=seen.frames, at=at)
    is_opaque = all(each.fill_behind is not None for each in run.clips)
    whole = clips.whole if is_opaque else clips.alone
    parts = segments(run, window, whole=whole, is_opaque=is_opaque, context=clips.context)
    joined = _joined([part.label for part in parts], frames=seen.frames, context=clips.context)
    width, height = clips.canvas.width, clips.canvas.height
    sprite = Sprite(label=joined, x=0, y=0, width=width, height=height, has_alpha=not is_opaque)
    return laid_upon(label, sprite, at=at, context=clips.context)


def _written(label: str, layer: Layer, window: Window, *, timeline: Timeline, clips: ClipDrawing) -> str:
    """The texts of a layer over all that lies behind them."""
    texts = [text for text in layer.texts if window.overlaps(text.first, text.end)]
    context = clips.context
    document = (
        context.captions.document(texts, canvas=timeline.canvas, rate=timeline.rate, window=window) if texts else None
    )
    if document is None:
        return label
    name = context.graph.text_file(document, suffix="ass")
    filters = Filters().filter("ass", f=name, fontsdir="fonts")
    if not context.captions.are_grey(texts):
        filters = on_rgb(filters)
    return context.graph.chain(filters, label or clips.empty(window.frames))


def _tell_of_odd_sides(timeline: Timeline, *, notes: Notes) -> None:
    width, height = even_size(timeline)
    if (width, height) != (timeline.canvas.width, timeline.canvas.height):
        duration = FrameGrid(rate=timeline.rate).microseconds(timeline.frames)
        where = Where(segment_id="", start=0, duration=duration)
        notes.take(NoteCode.CANVAS_ROUNDED, where, value=f"{width}x{height}")
