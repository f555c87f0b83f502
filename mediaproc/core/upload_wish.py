"""What the client of an upload says about it: tus' header `Upload-Metadata`, and what it asks for in it."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from mediaproc.core.errors import WrongUse
from mediaproc.core.priority import parse_priority
from mediaproc.core.profile import profile_names
from mediaproc.core.safe_text import quoted, shown
from mediaproc.core.tenant import tenant_named

_LONGEST_HEADER = 8192
_LONGEST_NAME = 255
_NAMELESS = "upload"
_KEY = re.compile(r"[!-+\--~]{1,100}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class UploadWish:
    """What is to become of an upload once all of it is there."""

    filename: str
    # Empty for what is made of such a file by itself.
    profiles: tuple[str, ...]
    priority: int
    tenant: str
    # Of the bytes that its client means to send.
    sha256: str | None = None

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> Self:
        """What the metadata asks for; names that mean nothing to us are passed over.

        Raises:
            WrongUse: a value cannot be.
        """
        return cls(
            filename=plain_filename(metadata.get("filename") or metadata.get("name") or ""),
            profiles=tuple(profile_names([metadata.get("profile") or ""])),
            priority=parse_priority(metadata.get("priority") or "0"),
            tenant=tenant_named(metadata.get("tenant", "")),
            sha256=_sha256(metadata.get("sha256", "")),
        )


def plain_filename(given: str) -> str:
    """The last part of what a client calls its file, fit to be stored and shown; it never becomes a path."""
    last = given.replace("\\", "/").rpartition("/")[2].strip()
    return _NAMELESS if last.strip(".") == "" else shown(last, limit=_LONGEST_NAME)


def parse_wish_header(header: str) -> Mapping[str, str]:
    """The texts of a header `Upload-Metadata`: `filename ZmlsbS5hdmk=,profile bXA0`.

    Raises:
        WrongUse: it has not that form, or is too long.
    """
    if len(header) > _LONGEST_HEADER:
        raise WrongUse(f"Upload-Metadata has {len(header)} characters: at most {_LONGEST_HEADER} are read.")
    metadata: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in metadata:
            raise WrongUse(f"Upload-Metadata has {quoted(key)} where a name stands, each once: see tus' specification.")
        metadata[key] = _decoded(encoded.strip(), key=key)
    return metadata


def wish_header(metadata: Mapping[str, str]) -> str:
    """The header of these texts."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}".strip() for key, value in metadata.items())


def _decoded(encoded: str, *, key: str) -> str:
    try:
        value = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise WrongUse(f"The value of {quoted(key)} in Upload-Metadata is no UTF-8 in base64.") from None
    if "\0" in value:
        raise WrongUse(f"The value of {quoted(key)} in Upload-Metadata holds a NUL byte: leave it out.")
    return value


def _sha256(written: str) -> str | None:
    if written and not _SHA256.fullmatch(written):
        raise WrongUse(f"A SHA-256 has 64 lower-case hex digits, and is not {quoted(written)}.")
    return written or None
