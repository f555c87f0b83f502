"""A task's priority: a whole number, the higher one first."""

import re

from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted

LOWEST_PRIORITY, HIGHEST_PRIORITY = -1000, 1000
_WRITTEN = re.compile(r"[+-]?[0-9]{1,5}", re.ASCII)


def parse_priority(written: str) -> int:
    """The priority that somebody wrote.

    Raises:
        WrongUse: it is no whole number, or beyond the bounds.
    """
    if not _WRITTEN.fullmatch(written) or not LOWEST_PRIORITY <= int(written) <= HIGHEST_PRIORITY:
        raise WrongUse(
            f"The priority is an integer from {LOWEST_PRIORITY} to {HIGHEST_PRIORITY}, higher first, and not"
            f" {quoted(written)}."
        )
    return int(written)
