"""The parts of a command that works on the tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediaproc.config import Settings
from mediaproc.db.database import Database
from mediaproc.parts import Parts, open_database, open_parts, require_schema


@contextmanager
def opened(settings: Settings) -> Iterator[Parts]:
    """The database and the store, once the tables are known to be of this version."""
    with open_parts(settings) as parts:
        parts.require_schema()
        yield parts


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """The database alone, for what no store is needed for, once its tables are known to be of this version."""
    with open_database(settings) as database:
        require_schema(database)
        yield database
