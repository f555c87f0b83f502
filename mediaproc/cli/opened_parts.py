"""The parts of a command that works on the tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediaproc import app as composition
from mediaproc.app import Parts
from mediaproc.config import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Parts]:
    """The database and the store, once the tables are known to be of this version."""
    with composition.open_parts(settings) as parts:
        parts.require_schema()
        yield parts
