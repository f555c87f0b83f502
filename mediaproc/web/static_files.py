"""The files that browsers load beside a page; each address carries a version, so a browser may keep it for ever."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")

# The first digits of the digest are enough to tell two versions apart.
_DIGITS = 12
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, kw_only=True)
class StaticFile:
    """A file as it is sent; all of them are text, which is sent compressed to whoever takes it so."""

    content: bytes
    compressed: bytes
    media_type: str
    version: str


def static_address(name: str) -> str:
    """The address of a file of static/, with the version that it has."""
    return f"/static/{name}?v={static_files()[name].version}"


@cache
def static_files() -> Mapping[str, StaticFile]:
    """All of them by their names, read once in a process: no name that a client sends is ever a path."""
    return {
        path.relative_to(STATIC).as_posix(): _read(path)
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in _MEDIA_TYPES
    }


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    return StaticFile(
        content=content,
        compressed=gzip.compress(content, mtime=0),
        media_type=_MEDIA_TYPES[path.suffix],
        version=hashlib.sha256(content).hexdigest()[:_DIGITS],
    )
