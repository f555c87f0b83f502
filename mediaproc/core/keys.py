"""Object keys: the names that sources and renditions have in the bucket.

Each kind has a prefix of its own, so that a policy can publish renditions and nothing else. The name of a rendition
tells nothing of its source's, nor the other way round: a film's URL does not lead to that of the upload.
Nothing reads a key or lists by one: rows name each object, and so those of earlier forms (`a/3/a3f1...`) stay valid.
"""

import re
from uuid import UUID

from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted

# How the first folder of a key in the earlier form is called, as a glob.
EARLIER_FOLDER = "[0-9a-f]"

# The first folders of our own keys, also of earlier forms, and of the check whether a store works.
OWN_FOLDERS = frozenset({"sources", "renditions", "uploads", "proof", *"0123456789abcdef"})

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_PREFIX = 512
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?")


def source_key(sha256: str, *, extension: str) -> str:
    """Where the bytes with this checksum are kept: `sources/a/3/a3f1....avi`.

    The two letters before it spread the files over 256 folders, so that a person can look into any of them.
    """
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 in 64 lower-case hex digits: {sha256!r}")
    return f"sources/{sha256[0]}/{sha256[1]}/{sha256}.{_checked(extension)}"


def upload_chunk_key(upload_id: str, *, start: int, writer: UUID) -> str:
    """Where a chunk of an upload waits for the others: `uploads/3/f/<upload's id>-<first byte>-<writer's token>`.

    As a rendition's, the key is one writer's alone: whoever was replaced cannot change what the next one keeps.
    """
    if not is_upload_id(upload_id):
        raise ValueError(f"not the id of an upload: {upload_id!r}")
    return f"uploads/{upload_id[0]}/{upload_id[1]}/{upload_id}-{start}-{writer}"


def is_upload_id(text: str) -> bool:
    """Whether an upload over HTTP may have this id, which is one that we make."""
    return _UPLOAD.fullmatch(text) is not None


def rendition_key(claim_token: UUID, *, profile: str, extension: str) -> str:
    """Where one claim puts its rendition: `renditions/1/2/<claim token>/mp4.mp4`.

    The token belongs to one claim for ever, so no late upload can replace what another claim put there; and it is
    random, so that nobody can guess the key of a rendition.
    """
    token = str(claim_token)
    return f"renditions/{token[0]}/{token[1]}/{token}/{_checked(profile)}.{_checked(extension)}"


def folder_of_others(given: str) -> str:
    """The prefix of keys under which other programs put objects, with `/` at its end.

    Raises:
        WrongUse: it is not one, or there are objects of ours under it.
    """
    prefix = f"{given.rstrip('/')}/"
    first = prefix.partition("/")[0]
    if first in OWN_FOLDERS:
        raise WrongUse(f"Under {quoted(given)} lie objects of mediaproc's own: name another folder of the bucket.")
    if any(not part or part.startswith(".") for part in prefix[:-1].split("/")) or len(prefix) > _LONGEST_PREFIX:
        raise WrongUse(f"{quoted(given)} is no folder of a bucket: it must be a name such as `incoming`, or `in/ann`.")
    return prefix


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for an object key: {name!r}")
    return name
