"""Object keys: the names that sources and renditions have in the bucket.

Each kind has a prefix of its own, so that a policy can publish renditions and nothing else. The name of a rendition
tells nothing of its source's, nor the other way round: a film's URL does not lead to that of the upload.
Nothing reads a key or lists by one: rows name each object, and so those of earlier forms (`a/3/a3f1...`) stay valid.
"""

import re
from uuid import UUID

# How the first folder of a key in the earlier form is called, as a glob.
EARLIER_FOLDER = "[0-9a-f]"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?")


def source_key(sha256: str, *, extension: str) -> str:
    """Where the bytes with this checksum are kept: `sources/a/3/a3f1....avi`.

    The two letters before it spread the files over 256 folders, so that a person can look into any of them.
    """
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 in 64 lower-case hex digits: {sha256!r}")
    return f"sources/{sha256[0]}/{sha256[1]}/{sha256}.{_checked(extension)}"


def rendition_key(claim_token: UUID, *, profile: str, extension: str) -> str:
    """Where one claim puts its rendition: `renditions/1/2/<claim token>/mp4.mp4`.

    The token belongs to one claim for ever, so no late upload can replace what another claim put there; and it is
    random, so that nobody can guess the key of a rendition.
    """
    token = str(claim_token)
    return f"renditions/{token[0]}/{token[1]}/{token}/{_checked(profile)}.{_checked(extension)}"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for an object key: {name!r}")
    return name
