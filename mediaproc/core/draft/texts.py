"""A segment of a text track becomes a text."""

from mediaproc.core.draft import keyframes
from mediaproc.core.draft.animations import apply_animations
from mediaproc.core.draft.appearance import ADJUSTMENTS
from mediaproc.core.draft.context import Context
from mediaproc.core.draft.extras import tell_extras, tell_listed
from mediaproc.core.draft.placement import Property, placement_of, read_properties
from mediaproc.core.draft.segment import Segment
from mediaproc.core.draft.text_content import TextBody, read_text_body
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.timeline.text import Text


def read_text(segment: Segment, *, first: int, frames: int, context: Context) -> Text | None:
    """The text that is drawn from the frame `first` on, None where it has no words or (with a note) is not listed."""
    body = _body(segment, context=context)
    if body is None:
        return None
    notes = context.notes
    tell_extras(segment, notes=notes, is_clip=False)
    for code, name in body.told:
        notes.take(code, segment.where, name=name)
    if not body.words.strip():
        return None
    notes.take(NoteCode.TEXT_APPROXIMATED, segment.where)
    curves = keyframes.read_curves(segment, context=context)
    for kind in ADJUSTMENTS.values():
        if kind in curves:
            notes.take(NoteCode.KEYFRAMES_UNKNOWN, segment.where, name=kind)
    properties = read_properties(segment, curves=curves, canvas=context.canvas)
    properties[Property.OPACITY] = properties[Property.OPACITY].mapped(factor=body.opacity)
    properties = apply_animations(properties, segment=segment, frames=frames, context=context)
    return Text(
        id=segment.id,
        first=first,
        frames=frames,
        words=body.words,
        runs=body.runs,
        placement=placement_of(properties, segment=segment),
        alignment=body.alignment,
        is_vertical=body.is_vertical,
        line_spacing=body.line_spacing,
        letter_spacing=body.letter_spacing,
        wrap_width=body.wrap_width,
        background=body.background,
    )


def _body(segment: Segment, *, context: Context) -> TextBody | None:
    listed = context.materials.find(segment.material_id)
    if listed is None:
        context.notes.take(NoteCode.MATERIAL_UNKNOWN, segment.where)
        return None
    if listed.list_name != "texts":
        tell_listed(listed, segment.where, notes=context.notes)
        return None
    if listed.id not in context.text_bodies:
        context.text_bodies[listed.id] = read_text_body(listed.fields, canvas=context.canvas, counts=context.counts)
    return context.text_bodies[listed.id]
