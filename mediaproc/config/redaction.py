"""A refused value as an error sentence may repeat it: quoted, unless it may be a secret."""

import re

from mediaproc.core.safe_text import quoted

# A URL with a user and a password, which may have been given to the wrong setting.
_CREDENTIALS = re.compile(r"://.*@", re.DOTALL)

UNSAID = "what it was set to"


def repeated(value: object) -> str:
    """The value in quotes; one that may be a secret in the wrong setting is not repeated."""
    return UNSAID if _CREDENTIALS.search(str(value)) else quoted(value)
