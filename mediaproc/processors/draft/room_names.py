"""Our names for what a draft is drawn from: in arguments and graphs stands nothing that an uploader wrote."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from mediaproc.core.timeline import Material, Timeline

_Key = TypeVar("_Key")


def material_names(materials: Mapping[Material, str]) -> Mapping[str, str]:
    """The name in the room of each file of the bundle that is a material, in the order of the materials."""
    return {file: f"m{number:04}" for number, file in enumerate(dict.fromkeys(materials.values()), start=1)}


def table_names(timeline: Timeline, *, files: Mapping[str, str]) -> Mapping[str, str]:
    """The same of the lookup tables; `files` are the files of the bundle by the names in the draft."""
    used = dict.fromkeys(files[table] for table in _tables(timeline) if table in files)
    return {file: f"t{number:03}.cube" for number, file in enumerate(used, start=1)}


def by_name_in_draft(names: Mapping[str, str], *, files: Mapping[_Key, str]) -> Mapping[_Key, str]:
    """The names in the room by what the draft means."""
    return {each: names[file] for each, file in files.items() if file in names}


def _tables(timeline: Timeline) -> Iterator[str]:
    for layer in timeline.layers:
        for clip in layer.clips:
            if clip.lookup_table:
                yield clip.lookup_table
            if isinstance(clip.source, Timeline):
                yield from _tables(clip.source)
