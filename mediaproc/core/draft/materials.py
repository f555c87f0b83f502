"""What a draft lists apart from its tracks, found by the ids that its segments name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mediaproc.core.draft import fields, refusals
from mediaproc.core.draft.fields import Fields
from mediaproc.core.safe_text import quoted


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An entry of one of the lists under `materials`."""

    id: str
    # The name of its list, such as `videos`.
    list_name: str
    fields: Fields


@dataclass(frozen=True, kw_only=True)
class Materials:
    """All entries with an id; where two have the same one, the first counts."""

    _by_id: Mapping[str, Listed]

    @classmethod
    def of(cls, document: Fields) -> "Materials":
        """Those of a draft."""
        by_id: dict[str, Listed] = {}
        for listed in _all_listed(fields.mapping(document, "materials")):
            by_id.setdefault(listed.id, listed)
        return cls(_by_id=by_id)

    def find(self, id_: str) -> Listed | None:
        """The entry of that id, None where a draft names what it does not list: real ones do."""
        return self._by_id.get(id_)


def _all_listed(materials: Fields) -> Iterator[Listed]:
    for list_name, entries in materials.items():
        if not isinstance(entries, list):
            continue  # what is no list has nothing that a segment could name
        for entry in entries:
            if entry is None:
                continue
            if not isinstance(entry, Mapping):
                raise refusals.malformed(f"the list {quoted(list_name)} holds {quoted(entry)}, which is no object")
            id_ = fields.text(entry, "id")
            if id_:
                yield Listed(id=id_, list_name=list_name, fields=entry)
