"""The place in a list behind which its next page begins, as clients get it: signed, and good for that list alone."""

from mediaproc.core.signed_text import read_signed, sign
from mediaproc.web.problems import Problem, ProblemKind


def cursor_at(place: str, *, of: str, key: bytes) -> str:
    """The place as a client gets it; `of` is the list, such as its selection, for which alone it is good."""
    return sign(place, purpose=_purpose(of), key=key)


def place_of(cursor: str, *, of: str, key: bytes) -> str:
    """The place at which the cursor was made.

    Raises:
        Problem: this site made no such cursor, or made it for another list.
    """
    place = read_signed(cursor, purpose=_purpose(of), key=key)
    if place is None:
        raise Problem(
            ProblemKind.MALFORMED,
            "The cursor is of no page of this list: give it as `next` told it, with the same words.",
        )
    return place


def _purpose(of: str) -> str:
    return f"cursor {of}"
