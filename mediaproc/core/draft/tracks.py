"""The tracks of a draft become layers and sounds, in the order in which the editor lays them upon each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mediaproc.core.draft import fields, refusals
from mediaproc.core.draft.clips import ClipWithSound, read_clip
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.counts import Counted
from mediaproc.core.draft.extras import tell_extras, tell_listed
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.segment import Segment, read_segment
from mediaproc.core.draft.sounds import read_audio_segment
from mediaproc.core.draft.texts import read_text
from mediaproc.core.draft.transitions import read_transitions
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.safe_text import quoted
from mediaproc.core.timeline.clip import Clip
from mediaproc.core.timeline.model import Layer
from mediaproc.core.timeline.sound import Sound
from mediaproc.core.timeline.text import Text
from mediaproc.core.timeline.transition import Transition

_PICTURES, _SOUNDS, _TEXTS = frozenset({"video", "image"}), frozenset({"audio"}), frozenset({"text", "subtitle"})
# Tracks of what is the editor's own, and told.
_TOLD = frozenset({"sticker", "effect", "filter", "adjust"})
# How high a track lies where its segments do not say.
_RENDER_INDEXES = {"text": 15000, "subtitle": 15000}

_MUTED = 1


@dataclass(kw_only=True)
class _Height:
    """What lies at one height."""

    clips: list[Clip] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """What all tracks give."""

    layers: tuple[Layer, ...]
    sounds: tuple[Sound, ...]
    # The frame after the last one of anything that is seen or heard.
    end: int


@dataclass(frozen=True, kw_only=True)
class _Track:
    """A track, with the segments that are visible, in the order of time."""

    kind: str
    index: int
    is_muted: bool
    is_main: bool
    segments: tuple[Segment, ...]

    def height(self, segment: Segment) -> tuple[int, int]:
        """Where a segment lies among all others: the higher, the later it is drawn."""
        index = _RENDER_INDEXES.get(self.kind, 0) if segment.render_index is None else segment.render_index
        return index, self.index


def read_tracks(document: Fields, *, context: Context) -> Tracks:
    """The layers from the lowest to the highest, and the sounds."""
    heights: dict[tuple[int, int], _Height] = {}
    sounds: list[Sound] = []
    for track in _tracks(document, context=context):
        if track.kind in _PICTURES:
            sounds += _read_pictures(track, heights=heights, context=context)
        elif track.kind in _SOUNDS:
            found = [read_audio_segment(each, context=context) for each in track.segments if not track.is_muted]
            sounds += [each for each in found if each is not None]
        elif track.kind in _TEXTS:
            _read_texts(track, heights=heights, context=context)
        else:
            _tell_track(track, context=context)
    layers = tuple(_layer(heights[height]) for height in sorted(heights))
    ends = [clip.end for layer in layers for clip in layer.clips] + [sound.end for sound in sounds]
    ends += [text.end for layer in layers for text in layer.texts]
    return Tracks(layers=layers, sounds=tuple(sounds), end=max(ends, default=0))


def _tracks(document: Fields, *, context: Context) -> Iterator[_Track]:
    main: int | None = None
    for index, entry in enumerate(fields.mappings(document, "tracks", most=context.limits.max_tracks)):
        kind = fields.text(entry, "type")
        if main is None and kind == "video":
            main = index
        written = fields.mappings(entry, "segments")
        context.counts.take(Counted.SEGMENTS, len(written))
        segments = [read_segment(each, materials=context.materials) for each in written]
        for segment in segments:
            context.counts.take(Counted.REFERENCES, len(segment.extras))
            if segment.end > context.limits.max_duration:
                raise refusals.too_long(
                    f"the segment {quoted(segment.id)} ends after {segment.end // 1_000_000} s, where"
                    f" {context.limits.max_duration // 1_000_000} s are the most"
                )
        yield _Track(
            kind=kind,
            index=index,
            is_muted=bool(fields.integer(entry, "attribute", low=0, high=2**31, default=0) & _MUTED),
            is_main=index == main,
            segments=tuple(sorted((each for each in segments if each.is_visible), key=lambda each: each.start)),
        )


def _read_pictures(track: _Track, *, heights: dict[tuple[int, int], _Height], context: Context) -> list[Sound]:
    clips = list(_clips(track, context=context))
    joined = {each.before: each for each in read_transitions(clips, grid=context.grid, notes=context.notes)}
    height: _Height | None = None
    for place, each in enumerate(clips):
        transition = joined.get(place - 1)
        if height is None or transition is None:
            height = heights.setdefault(track.height(each.segment), _Height())
        else:  # what a transition joins lies at one height
            height.transitions.append(replace(transition, before=len(height.clips) - 1))
        height.clips.append(each.clip)
    return [each.sound for each in clips if each.sound is not None and not track.is_muted]


def _clips(track: _Track, *, context: Context) -> Iterator[ClipWithSound]:
    free = 0
    previous: Segment | None = None
    for segment in track.segments:
        first, frames = context.grid.span(segment.start, segment.duration)
        if previous is not None and first < free:
            # Editors round times: what overlaps by less than half a frame begins where the one before it ends.
            if not context.grid.are_same(segment.start, previous.end):
                raise refusals.malformed(
                    f"the segments {quoted(previous.id)} and {quoted(segment.id)} of one track overlap"
                )
            first, frames = free, first + frames - free
        if frames <= 0:
            context.notes.take(NoteCode.TOO_SHORT, segment.where)
            continue
        found = read_clip(segment, first=first, frames=frames, is_on_main_track=track.is_main, context=context)
        free, previous = first + frames, segment
        if found is not None:
            yield found


def _read_texts(track: _Track, *, heights: dict[tuple[int, int], _Height], context: Context) -> None:
    for segment in track.segments:
        first, frames = context.grid.span(segment.start, segment.duration)
        if frames == 0:
            context.notes.take(NoteCode.TOO_SHORT, segment.where)
            continue
        text = read_text(segment, first=first, frames=frames, context=context)
        if text is not None:
            heights.setdefault(track.height(segment), _Height()).texts.append(text)


def _tell_track(track: _Track, *, context: Context) -> None:
    for segment in track.segments:
        listed = context.materials.find(segment.material_id)
        if track.kind not in _TOLD:
            context.notes.take(NoteCode.UNKNOWN_TRACK, segment.where, name=track.kind)
        elif track.kind == "adjust":
            name = fields.text(listed.fields, "name") if listed else ""
            context.notes.take(NoteCode.ADJUSTMENT_LAYER, segment.where, name=name)
        elif listed is None:
            context.notes.take(NoteCode.MATERIAL_UNKNOWN, segment.where)
        else:
            tell_listed(listed, segment.where, notes=context.notes)
            tell_extras(segment, notes=context.notes, is_clip=False)


def _layer(height: _Height) -> Layer:
    return Layer(
        clips=tuple(height.clips),
        transitions=tuple(height.transitions),
        texts=tuple(_in_time(height.texts)),
    )


def _in_time(texts: Sequence[Text]) -> list[Text]:
    return sorted(texts, key=lambda text: text.first)
