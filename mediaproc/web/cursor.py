"""The place in a list behind which its next page begins, as clients get it: signed, and good for that list alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

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


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


_Row = TypeVar("_Row", bound=_Numbered)


@dataclass(frozen=True, kw_only=True)
class KeysetPage(Generic[_Row]):
    """The rows of a page, and the cursor of the one behind it."""

    items: Sequence[_Row]
    next: str | None


def keyset_page(
    rows: Callable[[int | None, int], Sequence[_Row]], *, of: str, key: bytes, limit: int, cursor: str | None
) -> KeysetPage[_Row]:
    """A page of a list in the order of falling ids; `rows` gives as many as it is told, those before a number.

    Raises:
        Problem: as `place_of`.
    """
    before = int(place_of(cursor, of=of, key=key)) if cursor is not None else None
    found = rows(before, limit + 1)
    page = found[:limit]
    behind = cursor_at(str(page[-1].id), of=of, key=key) if len(found) > limit else None
    return KeysetPage(items=page, next=behind)
