"""A segment of a video track becomes a clip and its sound."""

from dataclasses import dataclass, replace

from mediaproc.core.draft import appearance, fields, keyframes
from mediaproc.core.draft.animations import apply_animations
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.extras import tell_extras, tell_listed, tell_retouching
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.pace import read_pace
from mediaproc.core.draft.placement import placement_of, read_properties
from mediaproc.core.draft.segment import Segment
from mediaproc.core.draft.sounds import sound_of
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.timeline.clip import Clip, Crop
from mediaproc.core.timeline.material import Material, MaterialKind
from mediaproc.core.timeline.model import Timeline
from mediaproc.core.timeline.sound import Sound

# Microseconds that can be shown backwards: all of their frames are held in memory at once.
LONGEST_REVERSED = 10_000_000

_LARGEST_SIDE = 1_000_000
_KINDS = {"video": MaterialKind.VIDEO, "photo": MaterialKind.STILL, "gif": MaterialKind.LOOPED}


@dataclass(frozen=True, kw_only=True)
class ClipWithSound:
    """What a segment of a video track gives; the sound is None where it is silent."""

    segment: Segment
    clip: Clip
    sound: Sound | None


def read_clip(
    segment: Segment, *, first: int, frames: int, is_on_main_track: bool, context: Context
) -> ClipWithSound | None:
    """The clip that is drawn from the frame `first` on, None (with a note) for one that has nothing to show."""
    found = _source(segment, context=context)
    if found is None:
        return None
    source, facts = found
    notes = context.notes
    tell_extras(segment, notes=notes, is_clip=True)
    tell_retouching(facts, segment, notes=notes)
    is_reversed = _is_reversed(segment, source=source, context=context)
    pace = read_pace(segment, first=first, frames=frames, is_reversed=is_reversed, context=context)
    curves = keyframes.read_curves(segment, context=context)
    properties = read_properties(segment, curves=curves, canvas=context.canvas)
    properties = apply_animations(properties, segment=segment, frames=frames, context=context)
    lookup_table, lookup_table_strength = appearance.read_lookup_table(segment, notes=notes)
    clip = Clip(
        id=segment.id,
        first=first,
        frames=frames,
        source=source,
        source_start=pace.source_start,
        source_duration=pace.source_duration,
        speed=pace.speed,
        pieces=pace.pieces,
        is_reversed=is_reversed,
        crop=_crop(facts, segment, context=context),
        placement=placement_of(properties, segment=segment),
        mask=appearance.read_mask(segment, notes=notes),
        blend_mode=appearance.read_blend_mode(segment, material=facts, notes=notes),
        chroma_key=appearance.read_chroma_key(segment, notes=notes),
        colour_adjustment=appearance.read_colour_adjustment(segment, curves=curves, notes=notes),
        lookup_table=lookup_table,
        lookup_table_strength=lookup_table_strength,
        fill_behind=appearance.read_fill_behind(segment, notes=notes) if is_on_main_track else None,
    )
    sound = sound_of(segment, source=source, first=first, frames=frames, pace=pace, curves=curves)
    return ClipWithSound(segment=segment, clip=clip, sound=_like(clip, sound) if _may_sound(source) else None)


def _like(clip: Clip, sound: Sound | None) -> Sound | None:
    """The sound of a clip goes the way that its picture goes."""
    return None if sound is None else replace(sound, is_reversed=clip.is_reversed)


def _source(segment: Segment, *, context: Context) -> tuple[Material | Timeline, Fields] | None:
    listed = context.materials.find(segment.material_id)
    compound = next(segment.extras_of("drafts"), None)
    if listed is not None and listed.list_name == "drafts":
        compound = listed
    if compound is not None:
        timeline = context.compound(compound, segment.where)
        return None if timeline is None else (timeline, {})
    if listed is None:
        context.notes.take(NoteCode.MATERIAL_UNKNOWN, segment.where)
        return None
    if listed.list_name not in {"videos", "images"}:
        tell_listed(listed, segment.where, notes=context.notes)
        return None
    return _material(listed.id, listed.fields), listed.fields


def _material(id_: str, entry: Fields) -> Material:
    name = fields.text(entry, "path") or fields.text(entry, "media_path") or fields.text(entry, "material_name")
    kind = _KINDS.get(fields.text(entry, "type"), MaterialKind.VIDEO)
    if name.casefold().endswith(".gif"):
        kind = MaterialKind.LOOPED  # some writers call it a video
    return Material(
        id=id_,
        kind=kind,
        name=name,
        width=fields.integer(entry, "width", low=0, high=_LARGEST_SIDE, default=0),
        height=fields.integer(entry, "height", low=0, high=_LARGEST_SIDE, default=0),
        duration=fields.time(entry, "duration"),
        has_sound=None if entry.get("has_audio") is None else fields.flag(entry, "has_audio"),
    )


def _may_sound(source: Material | Timeline) -> bool:
    if isinstance(source, Material):
        return source.kind is MaterialKind.VIDEO and source.has_sound is not False
    return bool(source.sounds)


def _is_reversed(segment: Segment, *, source: Material | Timeline, context: Context) -> bool:
    is_still = isinstance(source, Material) and source.kind is MaterialKind.STILL
    if is_still or not fields.flag(segment.fields, "reverse"):
        return False
    if segment.duration * segment.speed > LONGEST_REVERSED:
        limit = str(LONGEST_REVERSED // 1_000_000)
        context.notes.take(NoteCode.REVERSED_TOO_LONG, segment.where, value=limit)
        return False
    context.notes.take(NoteCode.REVERSED, segment.where)
    return True


def _crop(entry: Fields, segment: Segment, *, context: Context) -> Crop:
    crop = fields.mapping(entry, "crop")
    left, right = _extremes(crop, "x", ("upper_left", "lower_left"), ("upper_right", "lower_right"))
    top, bottom = _extremes(crop, "y", ("upper_left", "upper_right"), ("lower_left", "lower_right"))
    if not (left.is_straight and right.is_straight and top.is_straight and bottom.is_straight):
        context.notes.take(NoteCode.CROP_TURNED, segment.where)
    if right.far <= left.near or bottom.far <= top.near:
        return Crop()  # an editor that has written nothing leaves zeros
    return Crop(left=left.near, top=top.near, right=right.far, bottom=bottom.far)


@dataclass(frozen=True, kw_only=True)
class _Edge:
    """An edge of a crop: the extremes of its two corners, and whether they are the same."""

    near: float
    far: float

    @property
    def is_straight(self) -> bool:
        return self.far - self.near < 1e-4  # noqa: PLR2004 - a tenth of a pixel of the widest screens


def _extremes(crop: Fields, axis: str, low: tuple[str, str], high: tuple[str, str]) -> tuple[_Edge, _Edge]:
    edges = []
    for corners, default in ((low, 0.0), (high, 1.0)):
        places = [fields.share(crop, f"{corner}_{axis}", default=default) for corner in corners]
        edges.append(_Edge(near=min(places), far=max(places)))
    return edges[0], edges[1]
