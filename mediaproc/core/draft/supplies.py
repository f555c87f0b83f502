"""Which of the files that a draft needs came with it; what did not rejects the draft, or is left out and told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from mediaproc.core.draft import refusals
from mediaproc.core.draft.bundle_names import Ambiguous, BundleNames, Found, find_material
from mediaproc.core.draft.reading import DraftReading
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Note, Notes, Where
from mediaproc.core.safe_text import quoted
from mediaproc.core.timeline.clip import Clip
from mediaproc.core.timeline.frame_grid import FrameGrid
from mediaproc.core.timeline.material import Material
from mediaproc.core.timeline.model import Layer, Timeline
from mediaproc.core.timeline.sound import Sound
from mediaproc.core.timeline.transition import Transition

_MOST_NAMED = 5

_Shown = TypeVar("_Shown", Clip, Sound)


@dataclass(frozen=True, kw_only=True)
class SuppliedDraft:
    """A draft and the files that it is drawn from; its timeline needs no other material."""

    timeline: Timeline
    notes: tuple[Note, ...]
    # The file in the bundle that each material is.
    materials: Mapping[Material, str]
    # The same for faces and lookup tables, by the names in the draft; what is not there has a note.
    other_files: Mapping[str, str]


def supply(reading: DraftReading, *, names: BundleNames, accept_missing: bool = False) -> SuppliedDraft:
    """The draft with the files of its bundle.

    Raises:
        BadSource: several files may be meant by a material, or one is missing and that is not accepted, or all that
            could be seen is missing.
    """
    materials = {each: find_material(each.name, names=names) for each in reading.timeline.materials()}
    others = {each: find_material(each, names=names) for each in reading.timeline.names_of_files()}
    _refuse_ambiguous([*materials.values(), *others.values()])
    there = {each: place.name for each, place in materials.items() if isinstance(place, Found)}
    if len(there) < len(materials) and not accept_missing:
        raise _missing([each for each in materials if each not in there])
    files = {each: place.name for each, place in others.items() if isinstance(place, Found)}
    notes = Notes()
    timeline = _Removal(there=there, files=files, notes=notes).of(reading.timeline)
    if not timeline.has_picture:
        raise refusals.nothing_to_see()
    more = notes.all(duration=FrameGrid(rate=timeline.rate).microseconds(timeline.frames))
    return SuppliedDraft(timeline=timeline, notes=(*reading.notes, *more), materials=there, other_files=files)


def _refuse_ambiguous(places: Sequence[object]) -> None:
    for place in places:
        if isinstance(place, Ambiguous):
            listed = ", ".join(quoted(name) for name in place.names[:_MOST_NAMED])
            raise BadSource(
                f"The draft does not say which file of its bundle it means, of {listed}: give each a name of its own.",
                error_class=ErrorClass.UNREADABLE,
            )


def _missing(materials: Sequence[Material]) -> BadSource:
    listed = ", ".join(quoted(each.file_name) for each in islice(materials, _MOST_NAMED))
    rest = f" and {len(materials) - _MOST_NAMED} more" if len(materials) > _MOST_NAMED else ""
    return BadSource(
        f"The draft needs files that are not in its bundle, {listed}{rest}: add them, or take a profile that accepts"
        " missing materials.",
        error_class=ErrorClass.UNREADABLE,
    )


@dataclass(frozen=True, kw_only=True)
class _Removal:
    """Takes out of a timeline what has no file."""

    there: Mapping[Material, str]
    files: Mapping[str, str]
    notes: Notes

    def of(self, timeline: Timeline) -> Timeline:
        """The timeline without it; each thing that is taken out has a note."""
        grid = FrameGrid(rate=timeline.rate)
        layers = (self._layer(layer, grid=grid) for layer in timeline.layers)
        sounds = (self._kept(sound, grid=grid) for sound in timeline.sounds)
        return replace(
            timeline,
            layers=tuple(layer for layer in layers if layer.clips or layer.texts),
            sounds=tuple(sound for sound in sounds if sound is not None),
        )

    def _layer(self, layer: Layer, *, grid: FrameGrid) -> Layer:
        kept = [self._kept(clip, grid=grid) for clip in layer.clips]
        for text in layer.texts:
            for font in dict.fromkeys(run.style.font for run in text.runs if run.style.font):
                if font not in self.files:
                    where = _where(text.id, first=text.first, frames=text.frames, grid=grid)
                    self.notes.take(NoteCode.FONT_MISSING, where, name=font.replace("\\", "/").rpartition("/")[2])
        clips = tuple(self._dressed(clip, grid=grid) for clip in kept if clip is not None)
        return replace(layer, clips=clips, transitions=tuple(_between_kept(layer.transitions, kept=kept)))

    def _kept(self, each: _Shown, *, grid: FrameGrid) -> _Shown | None:
        if not isinstance(each.source, Material):
            return replace(each, source=self.of(each.source))
        if each.source in self.there:
            return each
        where = _where(each.id, first=each.first, frames=each.frames, grid=grid)
        self.notes.take(NoteCode.MATERIAL_MISSING, where, name=each.source.file_name)
        return None

    def _dressed(self, clip: Clip, *, grid: FrameGrid) -> Clip:
        """The clip with what of its looks has a file."""
        where = _where(clip.id, first=clip.first, frames=clip.frames, grid=grid)
        if isinstance(clip.fill_behind, Material) and clip.fill_behind not in self.there:
            self.notes.take(NoteCode.BACKGROUND_UNKNOWN, where, name=clip.fill_behind.file_name)
            clip = replace(clip, fill_behind=None)
        if clip.lookup_table and clip.lookup_table not in self.files:
            self.notes.take(NoteCode.LOOKUP_TABLE_MISSING, where, name=clip.lookup_table)
            clip = replace(clip, lookup_table="")
        return clip


def _between_kept(transitions: Sequence[Transition], *, kept: Sequence[Clip | None]) -> Iterator[Transition]:
    for transition in transitions:
        if kept[transition.before] is not None and kept[transition.before + 1] is not None:
            gone = sum(1 for clip in kept[: transition.before] if clip is None)
            yield replace(transition, before=transition.before - gone)


def _where(id_: str, *, first: int, frames: int, grid: FrameGrid) -> Where:
    start = grid.microseconds(first)
    return Where(segment_id=id_, start=start, duration=grid.microseconds(first + frames) - start)
