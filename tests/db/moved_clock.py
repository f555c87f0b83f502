"""A database whose clock, and whose own start, the test moves: no hook in the product, only a schema found first."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

# `now()` of this schema stands before that of pg_catalog: the product's statements see it, and nothing else is changed.
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
    # The setting is for new connections.
    engine.dispose()
    yield


def set_clock(connection: Connection, *, now: float, started: float) -> None:
    """What the database takes for now, and for the moment of its own start, in seconds of one count."""
    connection.execute(
        text("UPDATE moved.clock SET seconds = :now, started = :started"), {"now": now, "started": started}
    )
