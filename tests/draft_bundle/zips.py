"""Zips for the tests: good ones, and such as no ordinary program writes."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.core.draft.drafts import draft, segment, track

TIMELINE = json.dumps(draft(track("video", segment("s", "film", 0, 2)))).encode()
FILES: Mapping[str, bytes] = {"draft_content.json": TIMELINE, "assets/film.mp4": b"film" * 1000}

# Of this draft nothing is drawn.
STICKERS = {"stickers": [{"id": "cat", "name": "cat"}]}
STICKER_ALONE = json.dumps(draft(track("sticker", segment("s", "cat", 0, 2)), materials=STICKERS)).encode()


def write_zip(path: Path, files: Mapping[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression=compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_entries(path: Path, *entries: tuple[zipfile.ZipInfo, bytes]) -> Path:
    """A draft's zip with these entries besides."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("draft_content.json", TIMELINE)
        for entry, content in entries:
            archive.writestr(entry, content)
    return path
