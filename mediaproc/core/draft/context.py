"""What is known while a draft is read, and how a draft within it is read: once, and not forever."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mediaproc.core.draft import fields, refusals
from mediaproc.core.draft.counts import Counted, Counts
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.limits import MOST_DEPTH, DraftLimits
from mediaproc.core.draft.materials import Listed, Materials
from mediaproc.core.draft.text_content import TextBody
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes, Where
from mediaproc.core.timeline.frame_grid import FrameGrid
from mediaproc.core.timeline.model import Canvas, Timeline


@dataclass(frozen=True, kw_only=True)
class Context:
    """One draft, or one draft within another."""

    limits: DraftLimits
    canvas: Canvas
    grid: FrameGrid
    materials: Materials
    notes: Notes
    counts: Counts
    # Reads a draft within the one of the context that is given.
    read_within: Callable[[Fields, "Context"], Timeline]
    # How many drafts it stands within, and their ids.
    depth: int = 0
    ids: frozenset[str] = frozenset()
    # Many segments may name one text or one compound clip: each is read once.
    text_bodies: dict[str, TextBody] = field(default_factory=dict)
    _compounds: dict[str, tuple[Timeline, int]] = field(default_factory=dict)

    def compound(self, listed: Listed, where: Where) -> Timeline | None:
        """The timeline of a draft within this one, None (with a note) where it stands too deep or is not there.

        Raises:
            BadSource: it holds itself.
        """
        document = fields.mapping(listed.fields, "draft")
        if self.depth >= MOST_DEPTH:
            name = fields.text(listed.fields, "name") or fields.text(document, "name") or listed.id
            self.notes.take(NoteCode.COMPOUND_TOO_DEEP, where, name=name)
            return None
        if not document:
            self.notes.take(NoteCode.MATERIAL_UNKNOWN, where)
            return None
        if {listed.id, fields.text(document, "id")} & self.ids:
            raise refusals.malformed("a compound clip holds itself")
        if listed.id in self._compounds:
            timeline, count = self._compounds[listed.id]
            self.counts.take(Counted.SEGMENTS, count)
            return timeline
        before = self.counts.so_far(Counted.SEGMENTS)
        timeline = self.read_within(document, self)
        self._compounds[listed.id] = timeline, self.counts.so_far(Counted.SEGMENTS) - before
        return timeline
