"""A link by which an uploader sees what becomes of one task: signed, and good until a time that it holds itself."""

import re
from dataclasses import dataclass
from typing import Self

from mediaproc.core.errors import WrongUse
from mediaproc.core.signed_text import read_signed, sign

# Seconds for which a link may be good: a minute to a year; without a wish, 30 days.
SHORTEST_LIFE, LONGEST_LIFE, USUAL_LIFE = 60.0, 31_536_000.0, 2_592_000.0

_PURPOSE = "share"
_FORM = re.compile(r"([1-9][0-9]{0,18}) ([1-9][0-9]{0,9})")


@dataclass(frozen=True, kw_only=True)
class ShareLink:
    """The task that may be seen, until when: in seconds since 1970, by the database's clock."""

    task_id: int
    expires_at: int

    def signed(self, *, key: bytes) -> str:
        """The link's last part, letters that a URL takes as they are."""
        return sign(f"{self.task_id} {self.expires_at}", purpose=_PURPOSE, key=key)

    @classmethod
    def read(cls, text: str, *, key: bytes) -> Self | None:
        """The link of this text; None where it was not signed with the key. It may be over."""
        value = read_signed(text, purpose=_PURPOSE, key=key)
        found = _FORM.fullmatch(value) if value else None
        return found and cls(task_id=int(found[1]), expires_at=int(found[2]))


def require_share_life(seconds: float) -> float:
    """The seconds, for which a link may be good.

    Raises:
        WrongUse: that is too short or too long.
    """
    if not SHORTEST_LIFE <= seconds <= LONGEST_LIFE:
        raise WrongUse(
            f"A link is good for {SHORTEST_LIFE:.0f} to {LONGEST_LIFE:.0f} seconds: {seconds:.15g} is out of these"
            " bounds."
        )
    return seconds
