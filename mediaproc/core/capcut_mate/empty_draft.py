"""A draft without a clip, as `create_draft` makes it: all of it is in its id, and nothing of it is kept."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Self

# Pixels of a side.
LARGEST_SIDE = 7680
FILES = ("draft_content.json", "draft_info.json")

_ID = re.compile(r"(?P<moment>[0-9]{14})(?P<width>[0-9a-f]{4})(?P<height>[0-9a-f]{4})(?P<sign>[0-9a-f]{8})")
_PURPOSE = b"capcut-mate empty draft"


@dataclass(frozen=True, kw_only=True)
class EmptyDraft:
    """Its id is of the form that capcut-mate's have, with a sign that this site made it; `moment` in 14 digits."""

    moment: str
    width: int
    height: int

    def id(self, *, key: bytes) -> str:
        """The draft's id, by which this site knows it again."""
        written = f"{self.moment}{self.width:04x}{self.height:04x}"
        return written + _sign(written, key=key)

    @classmethod
    def of_id(cls, text: str, *, key: bytes) -> Self | None:
        """The draft of this id; None where this site made none such."""
        found = _ID.fullmatch(text)
        if found is None or not hmac.compare_digest(_sign(text[:-8], key=key), found["sign"]):
            return None
        return cls(moment=found["moment"], width=int(found["width"], 16), height=int(found["height"], 16))

    def content(self, *, draft_id: str) -> bytes:
        """Its timeline."""
        document = {
            "id": draft_id,
            "canvas_config": {"width": self.width, "height": self.height, "ratio": "original"},
            "duration": 0,
            "fps": 30.0,
            "materials": {"videos": [], "audios": [], "texts": []},
            "tracks": [],
        }
        return json.dumps(document, separators=(",", ":")).encode()


def _sign(written: str, *, key: bytes) -> str:
    return hmac.new(key, _PURPOSE + written.encode(), hashlib.sha256).hexdigest()[:8]
