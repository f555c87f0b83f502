"""What the file of a task says that brings a draft from a URL; and which draft a URL names."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Self
from urllib.parse import parse_qs, urlsplit

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.outbound_url import LONGEST_URL

# Bytes of the file.
LARGEST = 8 * 1024

_NONCE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DRAFT_FOLDER = "draft"


@dataclass(frozen=True, kw_only=True)
class DraftUrlRequest:
    """A URL to ask, and what tells one request for it from the next: what lies there may change."""

    draft_url: str
    nonce: str

    def encoded(self) -> bytes:
        """The file's bytes, the same for the same request."""
        document = {"draft_url": self.draft_url, "nonce": self.nonce}
        return json.dumps(document, separators=(",", ":"), sort_keys=True).encode("ascii")

    @classmethod
    def decoded(cls, content: bytes) -> Self:
        """The request of a file.

        Raises:
            BadSource: it is none.
        """
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            document = None
        match document:
            case {"draft_url": str(url), "nonce": str(nonce)} if len(url) <= LONGEST_URL and _NONCE.fullmatch(nonce):
                return cls(draft_url=url, nonce=nonce)
        raise BadSource(
            'The file is no request for a draft: it must be JSON, as {"draft_url": "https://...", "nonce": "1"}.',
            error_class=ErrorClass.UNREADABLE,
        )


def draft_id_of(draft_url: str) -> str | None:
    """The draft that the URL names: in its query, else after `draft/` in its path, else as `<id>.json`."""
    try:
        parts = urlsplit(draft_url)
        in_query = parse_qs(parts.query).get("draft_id", [])
    except ValueError:
        return None
    folders = parts.path.split("/")
    after = [name for before, name in pairwise(folders) if before == _DRAFT_FOLDER]
    last = folders[-1].removesuffix(".json") if folders[-1].endswith(".json") else ""
    return next((each for each in (*in_query[:1], *after[:1], last) if _ID.fullmatch(each)), None)
