"""A segment of a track as the draft writes it: what all of them have, whatever they show."""

from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc.core.draft import fields, refusals
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.limits import MOST_REFERENCES
from mediaproc.core.draft.materials import Listed, Materials
from mediaproc.core.notes.taking import Where
from mediaproc.core.safe_text import quoted

# Far beyond what an editor's list of layers has.
_HIGHEST_RENDER_INDEX = 10_000_000
_SLOWEST, _FASTEST = 0.01, 100.0


@dataclass(frozen=True, kw_only=True)
class Segment:
    """From when to when it is on the timeline (microseconds), and what it names."""

    id: str
    start: int
    duration: int
    # Microseconds of its material; the duration is None where the draft does not say.
    source_start: int
    source_duration: int | None
    speed: float
    # None where the draft does not say: the type of the track decides.
    render_index: int | None
    is_visible: bool
    material_id: str
    # What it names beside its material and the draft lists, in the order of the names.
    extras: tuple[Listed, ...]
    fields: Fields

    @property
    def end(self) -> int:
        """Where it ends on the timeline (microseconds)."""
        return self.start + self.duration

    @property
    def where(self) -> Where:
        """For the notes about it."""
        return Where(segment_id=self.id, start=self.start, duration=self.duration)

    def extras_of(self, *list_names: str) -> Iterator[Listed]:
        """Those of these lists."""
        return (extra for extra in self.extras if extra.list_name in list_names)


def read_segment(entry: Fields, *, materials: Materials) -> Segment:
    """The segment.

    Raises:
        BadSource: a field holds what no editor writes; the sentence names the segment.
    """
    target, source = fields.mapping(entry, "target_timerange"), fields.mapping(entry, "source_timerange")
    duration = fields.time(target, "duration")
    if duration == 0 and "duration" not in target:
        raise refusals.malformed(f"the segment {quoted(fields.text(entry, 'id'))} does not say how long it lasts")
    named = fields.texts(entry, "extra_material_refs", most=MOST_REFERENCES)
    found = [materials.find(id_) for id_ in dict.fromkeys(named)]
    return Segment(
        id=fields.text(entry, "id"),
        start=fields.time(target, "start"),
        duration=duration,
        source_start=fields.time(source, "start"),
        source_duration=fields.time(source, "duration") if "duration" in source else None,
        speed=_speed(entry),
        render_index=_render_index(entry),
        is_visible=fields.flag(entry, "visible", default=True),
        material_id=fields.text(entry, "material_id"),
        extras=tuple(each for each in found if each is not None),
        fields=entry,
    )


def _speed(entry: Fields) -> float:
    # Some writers leave 0 where nothing has a speed, as in a text.
    if entry.get("speed") == 0:
        return 1.0
    return fields.number(entry, "speed", low=_SLOWEST, high=_FASTEST, default=1.0)


def _render_index(entry: Fields) -> int | None:
    if entry.get("render_index") is None:
        return None
    return fields.integer(entry, "render_index", low=-_HIGHEST_RENDER_INDEX, high=_HIGHEST_RENDER_INDEX, default=0)
