"""Object keys: the names that sources and renditions have in the bucket."""

import re
from uuid import UUID

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?")


def source_key(sha256: str, *, extension: str) -> str:
    """Where the bytes with this checksum are kept: `a/3/a3f1.../a3f1....avi`.

    The two letters before it spread the files over 256 folders, so that a person can look into any of them.
    """
    return f"{_folder(sha256)}/{sha256}.{_checked(extension)}"


def rendition_key(sha256: str, *, profile: str, claim_token: UUID, extension: str) -> str:
    """Where one claim puts its rendition: `a/3/a3f1.../mp4/<claim token>.mp4`.

    The token belongs to one claim for ever, so no late upload can replace what another claim put there.
    """
    return f"{_folder(sha256)}/{_checked(profile)}/{claim_token}.{_checked(extension)}"


def _folder(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 in 64 lower-case hex digits: {sha256!r}")
    return f"{sha256[0]}/{sha256[1]}/{sha256}"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for an object key: {name!r}")
    return name
