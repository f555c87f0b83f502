"""A database whose clock and start time a test sets, by a schema that comes first in the search path."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

# The product's statements find this schema's `now()` before that of pg_catalog; nothing else is changed.
_CLOCK = """
CREATE SCHEMA moved;
CREATE TABLE moved.clock (seconds double precision NOT NULL, started double precision NOT NULL);
INSERT INTO moved.clock VALUES (0, 0);
CREATE FUNCTION moved.at(seconds double precision) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    AS 'SELECT timestamptz ''2030-01-01 00:00:00+00'' + make_interval(secs => seconds)';
CREATE FUNCTION moved.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT moved.at(seconds) FROM moved.clock';
CREATE FUNCTION moved.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT moved.at(started) FROM moved.clock';
"""


@contextmanager
def moved_clock(engine: Engine) -> Iterator[None]:
    """Inside the block the engine's new connections see the clock that `set_clock` sets."""
    with engine.begin() as connection:
        connection.execute(text(_CLOCK))
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" SET search_path = moved, pg_catalog, public'))
    # The setting takes effect in new connections only.
    engine.dispose()
    yield


def set_clock(connection: Connection, *, now: float, started: float) -> None:
    """Sets the database's time and the time of its start, in seconds of the same scale."""
    connection.execute(
        text("UPDATE moved.clock SET seconds = :now, started = :started"), {"now": now, "started": started}
    )
