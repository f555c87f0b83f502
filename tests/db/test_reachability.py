"""What proves that the database was out of reach, and what proves nothing."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from mediaproc.core.errors import Unavailable
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.listener import Listener
from mediaproc.db.reachability import Reachability
from tests.parts.postgres import PostgresServer

LONG = 86_400.0


@pytest.fixture
def observed(database_url: str) -> Iterator[Engine]:
    """An engine of one connection."""
    engine = database.connect(database_url, connections=1)
    yield engine
    engine.dispose()


def pid_of(connection: Connection) -> int:
    pid: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return pid


def end(engine: Engine, pid: int) -> None:
    """The server ends that connection, as a timeout or an operator does; it is gone when this returns."""
    with engine.connect() as other:
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})


def test_a_connection_that_was_cut_in_use_proves_an_outage(engine: Engine, observed: Engine) -> None:
    reachability = Reachability(Database(observed))
    with observed.connect() as connection:
        end(engine, pid_of(connection))
        assert not reachability.lost_within(LONG)
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    assert reachability.lost_within(LONG)


def test_an_idle_connection_that_was_closed_proves_none_while_the_next_one_can_be_made(
    engine: Engine, observed: Engine
) -> None:
    reachability = Reachability(Database(observed))
    with observed.connect() as connection:
        idle = pid_of(connection)
    end(engine, idle)
    with observed.connect() as connection:
        assert pid_of(connection) != idle
    assert not reachability.lost_within(LONG)


def test_a_listener_that_was_cut_while_it_listened_proves_an_outage(engine: Engine, observed: Engine) -> None:
    with Listener(Database(observed), executor_id=uuid4()) as listener:
        reachability = Reachability(Database(observed))
        with engine.connect() as other:
            (holder,) = other.scalars(
                text(
                    "SELECT pid FROM pg_locks JOIN pg_database ON oid = database"
                    " WHERE locktype = 'advisory' AND datname = current_database()"
                )
            )
        end(engine, holder)
        assert not reachability.lost_within(LONG)
        with pytest.raises(Unavailable):
            listener.hear(seconds=60)
        assert reachability.lost_within(LONG)


def test_a_connection_that_cannot_be_made_proves_an_outage(own_postgres: PostgresServer) -> None:
    observed = database.connect(own_postgres.url(), connections=1)
    reachability = Reachability(Database(observed))
    with observed.connect():
        pass
    own_postgres.stop()
    with pytest.raises(OperationalError), observed.connect():
        pass
    assert reachability.lost_within(LONG)
    observed.dispose()


def test_a_statement_that_fails_by_itself_proves_none(observed: Engine) -> None:
    reachability = Reachability(Database(observed))
    with observed.connect() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '10ms'"))
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT pg_sleep(10)"))
    assert not reachability.lost_within(LONG)
