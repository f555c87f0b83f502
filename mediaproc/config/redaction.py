"""A value that is refused, as a sentence may repeat it."""

import re

from mediaproc.core.safe_text import quoted

# A URL with a user, whose password was meant for another setting.
_CREDENTIALS = re.compile(r"://.*@", re.DOTALL)

UNSAID = "what it was set to"


def repeated(value: object) -> str:
    """The value in quotes, but for one that may be a secret in the wrong place."""
    return UNSAID if _CREDENTIALS.search(str(value)) else quoted(value)
