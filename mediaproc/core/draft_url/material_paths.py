"""The paths of a draft's films and sounds: those of the other side's disk and of the web become names in the bundle."""

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from mediaproc.core.draft_url.file_list import asked_as

# Where the other side keeps its drafts.
_THEIR_FOLDER = "/app/output/draft"
_KINDS = ("videos", "audios")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")
_WEB = ("http://", "https://")


def web_materials(document: Mapping[str, object], *, known: Mapping[str, str]) -> Mapping[str, str]:
    """The names that the materials on the web get in the bundle, by their paths; `known` are those that have one."""
    names = dict(known)
    for material in _materials(document):
        path = material.get("path")
        if isinstance(path, str) and path.lower().startswith(_WEB) and path not in names:
            # The number tells them apart, and no sign of the URL comes into a name: signed ones differ each time.
            names[path] = f"fetched/{len(names) + 1:05}{_extension(path)}"
    return names


def rewritten(document: Mapping[str, object], *, draft_id: str | None, names: Mapping[str, str]) -> bytes | None:
    """The timeline with the paths as names of the bundle, by `names` those on the web; None where none is changed."""
    is_changed = False
    for material in _materials(document):
        path = material.get("path")
        if isinstance(path, str):
            material["path"] = names.get(path) or _within(path, draft_id=draft_id)
            is_changed = is_changed or material["path"] != path
    return json.dumps(document, separators=(",", ":")).encode("ascii") if is_changed else None


def url_of(path: str) -> str:
    """The URL to ask for a material on the web."""
    return asked_as(path)


def _within(path: str, *, draft_id: str | None) -> str:
    return path if draft_id is None else path.removeprefix(f"{_THEIR_FOLDER}/{draft_id}/")


def _extension(path: str) -> str:
    try:
        last = urlsplit(path).path.rpartition("/")[2]
    except ValueError:
        return ""
    dot = last.rfind(".")
    return last[dot:].lower() if dot > 0 and _EXTENSION.fullmatch(last[dot:]) else ""


def _materials(value: object) -> Iterator[dict[str, object]]:
    """The films and sounds of the draft and of those within it, which are as deep in it as its JSON may be."""
    if isinstance(value, list):
        for each in value:
            yield from _materials(each)
    if not isinstance(value, dict):
        return
    held = value.get("materials")
    for kind in _KINDS if isinstance(held, dict) else ():
        found = held.get(kind) if isinstance(held, dict) else None
        yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()
    for each in value.values():
        yield from _materials(each)
