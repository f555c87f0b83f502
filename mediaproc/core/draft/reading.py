"""From the files of a draft's timeline to what is drawn of it, with a note on everything that will look otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mediaproc.core.draft import fields, refusals
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.counts import Counts
from mediaproc.core.draft.document import parse_document
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.limits import DraftLimits
from mediaproc.core.draft.materials import Materials
from mediaproc.core.draft.tracks import read_tracks
from mediaproc.core.errors import BadSource
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Note, Notes, Where
from mediaproc.core.timeline.appearance import Colour
from mediaproc.core.timeline.frame_grid import FrameGrid
from mediaproc.core.timeline.model import Canvas, Timeline

_USUAL_RATE = Fraction(30)
# How far a rate may be off the exact one of television that it stands for.
_NEAR = Fraction(1, 200)
_FINEST_RATE = 1001
_BLACK = Colour(red=0, green=0, blue=0)


@dataclass(frozen=True, kw_only=True)
class TimelineFile:
    """A file that may hold the draft's timeline."""

    # Within the bundle.
    name: str
    content: bytes

    @property
    def folder(self) -> str:
        """Where it lies; files of one folder should say the same."""
        return self.name.rpartition("/")[0]


@dataclass(frozen=True, kw_only=True)
class DraftReading:
    """What a draft says, in frames, and what of it will look otherwise."""

    timeline: Timeline
    notes: tuple[Note, ...]


def read_draft(files: Sequence[TimelineFile], *, limits: DraftLimits | None = None) -> DraftReading:
    """The draft of the first of these files that is one.

    Raises:
        BadSource: none of them is a timeline, it holds what no editor writes or more than `limits`, or nothing of it
            can be drawn.
    """
    limits = limits or DraftLimits()
    notes = Notes()
    document, differing = _chosen(files, limits=limits)
    duration = fields.time(document, "duration")
    whole = Where(segment_id="", start=0, duration=duration)
    for name in differing:
        notes.take(NoteCode.TIMELINES_DIFFER, whole, name=name)
    context = Context(
        limits=limits,
        canvas=_canvas(document, limits=limits),
        grid=FrameGrid(rate=_rate(document, limits=limits, notes=notes, whole=whole)),
        materials=Materials.of(document),
        notes=notes,
        counts=Counts(limits=limits),
        read_within=_read_within,
        ids=_ids(document),
    )
    if fields.flag(fields.mapping(document, "config"), "video_mute"):
        notes.take(NoteCode.VIDEO_MUTE_IGNORED, whole)
    background = fields.mapping(fields.mapping(document, "canvas_config"), "background")
    if background:
        notes.take(NoteCode.BACKGROUND_UNKNOWN, whole, name=fields.text(background, "type"))
    for name, old in fields.mapping(document, "keyframes").items():
        if old:
            notes.take(NoteCode.KEYFRAMES_OLD, whole, name=name)
    timeline = _timeline(document, context=context, whole=whole)
    if not timeline.has_picture:
        raise refusals.nothing_to_see()
    return DraftReading(timeline=timeline, notes=notes.all(duration=duration))


def _chosen(files: Sequence[TimelineFile], *, limits: DraftLimits) -> tuple[Fields, list[str]]:
    """The document of the first file that has one, and the names of those beside it that say something else."""
    chosen: tuple[TimelineFile, Fields] | None = None
    differing: list[str] = []
    faults: list[BadSource] = []
    for file in files:
        if chosen is not None and (file.content == chosen[0].content or file.folder != chosen[0].folder):
            continue
        try:
            document = parse_document(file.content, limits=limits)
        except BadSource as fault:
            faults.append(fault)
            continue
        if chosen is None:
            chosen = file, document
        elif document != chosen[1]:
            differing.append(file.name)
    if chosen is None:
        raise faults[0] if faults else refusals.damaged("it is not there")
    return chosen[1], differing


def _timeline(document: Fields, *, context: Context, whole: Where) -> Timeline:
    if whole.duration > context.limits.max_duration:
        raise refusals.too_long(
            f"it lasts {whole.duration // 1_000_000} s, where {context.limits.max_duration // 1_000_000} s are the most"
        )
    tracks = read_tracks(document, context=context)
    frames = context.grid.frame(whole.duration)
    if frames < tracks.end:
        frames = tracks.end
        context.notes.take(NoteCode.DURATION_TAKEN_FROM_SEGMENTS, whole)
    return Timeline(
        canvas=context.canvas, rate=context.grid.rate, frames=frames, layers=tracks.layers, sounds=tracks.sounds
    )


def _read_within(document: Fields, outer: Context) -> Timeline:
    """A draft within another: at the rate of the outer one, so that their frames are the same."""
    config = fields.mapping(document, "canvas_config")
    inner = Context(
        limits=outer.limits,
        canvas=_canvas(document, limits=outer.limits) if config else outer.canvas,
        grid=outer.grid,
        materials=Materials.of(document),
        notes=outer.notes,
        counts=outer.counts,
        read_within=_read_within,
        depth=outer.depth + 1,
        ids=outer.ids | _ids(document),
    )
    whole = Where(segment_id="", start=0, duration=fields.time(document, "duration"))
    return _timeline(document, context=inner, whole=whole)


def _ids(document: Mapping[str, object]) -> frozenset[str]:
    return frozenset({fields.text(document, "id")} - {""})


def _canvas(document: Fields, *, limits: DraftLimits) -> Canvas:
    config = fields.mapping(document, "canvas_config")
    width = fields.integer(config, "width", low=1, high=limits.max_side, default=0)
    height = fields.integer(config, "height", low=1, high=limits.max_side, default=0)
    if not width or not height:
        raise refusals.malformed("it does not say how large its canvas is")
    return Canvas(width=width, height=height, background=_BLACK)


def _rate(document: Fields, *, limits: DraftLimits, notes: Notes, whole: Where) -> Fraction:
    written = fields.number(document, "fps", low=0.0, high=limits.max_rate, default=0.0)
    if written == 0:
        notes.take(NoteCode.RATE_ASSUMED, whole)
        return _USUAL_RATE
    if written < limits.min_rate:
        raise refusals.malformed(f"fps is {written:g}, where {limits.min_rate} to {limits.max_rate} is possible")
    rate = Fraction(written)
    for exact in (Fraction(round(rate)), Fraction(round(rate) * 1000, 1001)):
        if abs(rate - exact) < _NEAR:
            return exact
    return rate.limit_denominator(_FINEST_RATE)
