"""The rendition of a task that brought a draft: a list of what came, with each file's size and checksum."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

MIME_TYPE = "application/json"


def write_receipt(target: Path, *, bundle: str, files: Mapping[str, Path]) -> None:
    """Write which bundle (SHA-256) was made of which files; no URL is in it, since it may hold a key."""
    listed = [{"name": name, "size": path.stat().st_size, "sha256": sha256_of(path)} for name, path in files.items()]
    document = {"bundle": bundle, "files": sorted(listed, key=lambda each: str(each["name"]))}
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
