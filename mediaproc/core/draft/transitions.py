"""The transitions of a track: each is named by the clip before the cut, and moves nothing."""

from collections.abc import Sequence

from mediaproc.core.draft import approximations, fields
from mediaproc.core.draft.clips import ClipWithSound
from mediaproc.core.draft.materials import Listed
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes
from mediaproc.core.timeline.clip import Clip
from mediaproc.core.timeline.frame_grid import FrameGrid
from mediaproc.core.timeline.transition import Transition


def read_transitions(clips: Sequence[ClipWithSound], *, grid: FrameGrid, notes: Notes) -> list[Transition]:
    """The transitions between neighbours, in the order of time, by the places of the clips here; each has its note."""
    found: list[Transition] = []
    for place, each in enumerate(clips):
        following = clips[place + 1] if place + 1 < len(clips) else None
        for listed in each.segment.extras_of("transitions"):
            name = fields.text(listed.fields, "name") or fields.text(listed.fields, "effect_id")
            if following is None or following.clip.first != each.clip.end:
                notes.take(NoteCode.TRANSITION_ALONE, each.segment.where, name=name)
                continue
            earliest = found[-1].end if found else 0
            transition = _transition(
                listed,
                name=name,
                place=place,
                before=each,
                after=following.clip,
                earliest=earliest,
                grid=grid,
                notes=notes,
            )
            if transition is not None:
                found.append(transition)
            break  # one cut has one transition
    return found


def _transition(
    listed: Listed,
    *,
    name: str,
    place: int,
    before: ClipWithSound,
    after: Clip,
    earliest: int,
    grid: FrameGrid,
    notes: Notes,
) -> Transition | None:
    where, cut = before.segment.where, after.first
    wanted = grid.frame(fields.time(listed.fields, "duration"))
    # Half of it before the cut, the odd frame after it; neither half leaves its clip or meets another transition.
    half_before = min(wanted // 2, cut - max(earliest, before.clip.first))
    half_after = min(wanted - wanted // 2, after.frames)
    if half_before + half_after < max(wanted, 1):
        notes.take(NoteCode.TRANSITION_SHORTENED, where, name=name)
    if half_before + half_after == 0:
        return None
    kind = approximations.transition(name)
    if kind is None:
        kind = approximations.UNKNOWN_TRANSITION
        notes.take(NoteCode.TRANSITION_UNKNOWN, where, name=name)
    else:
        notes.take(NoteCode.TRANSITION_APPROXIMATED, where, name=name, value=kind.name.lower())
    return Transition(
        kind=kind,
        first=cut - half_before,
        frames=half_before + half_after,
        before=place,
    )
