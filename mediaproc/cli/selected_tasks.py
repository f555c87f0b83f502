"""Which tasks a command means: its arguments as a selection, and the database where they are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mediaproc import app as composition
from mediaproc.app import Parts
from mediaproc.config import Settings
from mediaproc.core.selection import KNOWN_WORDS, Selection

SELECTION_HELP = (
    f"Which tasks: their numbers, or words in quotes, all of which must hold: {KNOWN_WORDS}"
    " Alternatives stand as status:failed|rejected."
)


def selection_of(arguments: Sequence[str]) -> Selection:
    """The selection that the arguments make together.

    Raises:
        WrongUse: they make none.
    """
    return Selection.parse(" ".join(arguments))


@contextmanager
def opened(settings: Settings) -> Iterator[Parts]:
    """The database and the store, once the tables are known to be of this version."""
    with composition.open_parts(settings) as parts:
        parts.require_schema()
        yield parts
