"""What an executor sends over and over is planned once in a session, and once more where the plan has grown too old."""

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.errors import Unavailable
from mediaproc.db import prepared_statements
from mediaproc.db.database import Database
from tests.parts.pgbouncer import needs_pgbouncer, running_pgbouncer

_FIND = "SELECT number FROM numbers WHERE number = 7"
# After so many times PostgreSQL takes one plan for all values.
_OFTEN = 8


@pytest.fixture
def database(engine: Engine) -> Database:
    """With a table of which the server has no statistics."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE numbers (number integer) WITH (autovacuum_enabled = off)"))
        connection.execute(text("CREATE INDEX ON numbers (number)"))
    return Database(engine)


def _find(database: Database, *, times: int = 1) -> None:
    for _ in range(times):
        with database.single() as connection:
            connection.execute(text(_FIND))


def _prepared(connection: Connection) -> dict[str, str]:
    """The statements that this session has prepared, and their names."""
    rows = connection.execute(text("SELECT statement, name FROM pg_prepared_statements"))
    return {row.statement: row.name for row in rows}


def _plan(database: Database) -> str:
    with database.read() as connection:
        name = _prepared(connection)[_FIND]
        return "\n".join(connection.scalars(text(f'EXPLAIN EXECUTE "{name}"')))


def test_a_statement_that_comes_again_is_prepared(database: Database) -> None:
    _find(database)
    with database.read() as connection:
        assert _FIND not in _prepared(connection)
    _find(database)
    with database.read() as connection:
        assert _FIND in _prepared(connection)


def test_what_an_executor_reads_and_writes_beside_does_not_undo_it(database: Database) -> None:
    _find(database, times=2)
    with database.write() as connection:
        connection.execute(text("INSERT INTO numbers VALUES (7)"))
    with database.read() as connection:
        assert _FIND in _prepared(connection)
    with database.read() as connection:
        assert _FIND in _prepared(connection)


@pytest.mark.parametrize("is_slow", [True, False])
def test_what_takes_long_is_planned_anew(database: Database, monkeypatch: pytest.MonkeyPatch, *, is_slow: bool) -> None:
    """A table that was empty when the plan was made, which only walks it from end to end; then comes a burst.

    However busy the machine is: a plan may be made anew at any time, and what is not slow here has an hour.
    """
    monkeypatch.setattr(prepared_statements, "_PLANNED_ANEW_AFTER", 0.0)
    monkeypatch.setattr(prepared_statements, "_SLOW", 0.005 if is_slow else 3600.0)
    with database.single() as connection:
        # So that it is known to be empty.
        connection.execute(text("VACUUM numbers"))
    _find(database, times=_OFTEN)
    assert "Seq Scan" in _plan(database)
    with database.write() as connection:
        connection.execute(text("INSERT INTO numbers SELECT generate_series(1, 10000)"))
    with database.single() as connection:
        connection.execute(text("SELECT pg_sleep(0.02)"))
    # The control: else it walks it still.
    assert ("Seq Scan" in _plan(database)) is not is_slow


def test_to_a_far_server_nothing_is_planned_anew_each_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """There everything is slow; the control is the test above, where a slow statement is enough."""
    monkeypatch.setattr(prepared_statements, "_PLANNED_ANEW_AFTER", float("inf"))
    _find(database, times=_OFTEN)
    with database.single() as connection:
        connection.execute(text("VACUUM numbers"))
    assert "Seq Scan" in _plan(database)
    with database.write() as connection:
        connection.execute(text("INSERT INTO numbers SELECT generate_series(1, 10000)"))
    for _ in range(2):
        with database.single() as connection:
            connection.execute(text("SELECT pg_sleep(0.02)"))
    assert "Seq Scan" in _plan(database)


def test_a_migration_of_what_was_prepared_costs_one_session(database: Database) -> None:
    _find(database, times=2)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE numbers ALTER number TYPE bigint"))
    with pytest.raises(Unavailable):
        _find(database)
    _find(database)


@needs_pgbouncer
def test_behind_a_pooler_nothing_is_prepared(database_url: str) -> None:
    with running_pgbouncer(database_url, mode="transaction") as url:
        pooled = Database.at(url)
        for _ in range(3):
            with pooled.single() as connection:
                connection.execute(text("SELECT 7"))
        with pooled.read() as connection:
            assert not _prepared(connection)
        pooled.close()
