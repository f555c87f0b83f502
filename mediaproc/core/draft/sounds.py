"""The sound of a segment: of an audio track, or of a clip."""

from collections.abc import Mapping

from mediaproc.core.draft import fields, keyframes
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.extras import tell_extras
from mediaproc.core.draft.pace import Pace, read_pace
from mediaproc.core.draft.segment import Segment
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.timeline.curve import Curve
from mediaproc.core.timeline.material import Material, MaterialKind
from mediaproc.core.timeline.model import Timeline
from mediaproc.core.timeline.sound import Sound

_LOUDEST = 100.0


def read_audio_segment(segment: Segment, *, context: Context) -> Sound | None:
    """The sound of a segment of an audio track, None (with a note) for one that names no known material."""
    listed = context.materials.find(segment.material_id)
    if listed is None or listed.list_name not in {"audios", "videos"}:
        context.notes.take(NoteCode.MATERIAL_UNKNOWN, segment.where)
        return None
    tell_extras(segment, notes=context.notes, is_clip=False)
    material = Material(
        id=listed.id,
        kind=MaterialKind.SOUND,
        name=fields.text(listed.fields, "path") or fields.text(listed.fields, "name"),
        duration=fields.time(listed.fields, "duration"),
        has_sound=True,
    )
    first, frames = context.grid.span(segment.start, segment.duration)
    if frames == 0:
        context.notes.take(NoteCode.TOO_SHORT, segment.where)
        return None
    curves = keyframes.read_curves(segment, context=context)
    pace = read_pace(
        segment,
        first=first,
        frames=frames,
        is_reversed=fields.flag(segment.fields, "reverse"),
        context=context,
    )
    return sound_of(segment, source=material, first=first, frames=frames, pace=pace, curves=curves)


def sound_of(
    segment: Segment,
    *,
    source: Material | Timeline,
    first: int,
    frames: int,
    pace: Pace,
    curves: Mapping[str, Curve],
) -> Sound | None:
    """What is heard of a segment, None where it is silent."""
    volume = fields.number(segment.fields, "volume", low=0.0, high=_LOUDEST, default=1.0)
    gain = curves.get(keyframes.VOLUME, Curve.constant(volume))
    if not any(each.value for each in gain.keyframes):
        return None
    fade_in, fade_out = _fades(segment)
    return Sound(
        id=segment.id,
        first=first,
        frames=frames,
        source=source,
        source_start=pace.source_start,
        source_duration=pace.source_duration,
        speed=pace.speed,
        pieces=pace.pieces,
        is_reversed=fields.flag(segment.fields, "reverse"),
        gain=gain,
        fade_in=fade_in,
        fade_out=fade_out,
        # The field says that the tone is changed with the speed.
        keeps_pitch=not fields.flag(segment.fields, "is_tone_modify"),
        may_be_missing=not (isinstance(source, Material) and source.kind is MaterialKind.SOUND),
    )


def _fades(segment: Segment) -> tuple[int, int]:
    for extra in segment.extras_of("audio_fades"):
        fade_in = min(fields.time(extra.fields, "fade_in_duration"), segment.duration)
        return fade_in, min(fields.time(extra.fields, "fade_out_duration"), segment.duration)
    return 0, 0
