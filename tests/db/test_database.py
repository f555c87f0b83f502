"""A transaction that reads changes nothing, one that writes is committed, and both fail with errors of this project."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.database import Database
from tests.db.task_rows import add_tasks
from tests.parts.proxy import proxied

TRANSACTIONS: dict[str, Callable[[Database], AbstractContextManager[Connection]]] = {
    "read": Database.read,
    "write": Database.write,
    "single": Database.single,
}


def priority(engine: Engine) -> int | None:
    with engine.connect() as connection:
        found: int | None = connection.scalar(text("SELECT priority FROM media_process"))
        return found


@pytest.mark.parametrize("name", ["write", "single"])
def test_what_is_written_in_a_writing_transaction_stays(engine: Engine, name: str) -> None:
    add_tasks(engine, count=1)
    with TRANSACTIONS[name](Database(engine)) as connection:
        connection.execute(text("UPDATE media_process SET priority = 7"))
    assert priority(engine) == 7


def test_a_transaction_that_reads_can_write_nothing(engine: Engine) -> None:
    add_tasks(engine, count=1)
    with pytest.raises(Unavailable, match="read-only"), Database(engine).read() as connection:
        connection.execute(text("UPDATE media_process SET priority = 7"))
    assert priority(engine) == 0


def test_an_error_undoes_what_was_written(engine: Engine) -> None:
    add_tasks(engine, count=1)

    def write_and_fail() -> None:
        with Database(engine).write() as connection:
            connection.execute(text("UPDATE media_process SET priority = 7"))
            raise LookupError

    with pytest.raises(LookupError):
        write_and_fail()
    assert priority(engine) == 0


@pytest.mark.parametrize("transaction", TRANSACTIONS.values(), ids=TRANSACTIONS.keys())
def test_faults_are_told_by_whether_waiting_may_help(
    engine: Engine, transaction: Callable[[Database], AbstractContextManager[Connection]]
) -> None:
    with pytest.raises(PartMissing, match="mediaproc migrate"), transaction(Database(engine)) as connection:
        connection.execute(text("SELECT * FROM no_such_table"))
    with pytest.raises(Unavailable), transaction(Database(engine)) as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.mark.parametrize(("waits", "setting"), [(True, "on"), (False, "local")])
def test_a_commit_waits_for_a_standby_unless_it_need_not(
    engine: Engine,
    waits: bool,  # noqa: FBT001
    setting: str,
) -> None:
    database = Database(engine)
    # The second time and later in the session that the first one has left.
    for transaction in (database.write, database.single, database.single, database.write):
        with transaction(waits_for_standby=waits) as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == setting
        with transaction(waits_for_standby=True) as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"


def test_a_statement_alone_is_the_only_one_that_is_sent(database_url: str) -> None:
    with proxied(database_url) as (proxy, behind):
        database = Database.at(behind)
        # It connects, and tells the session that it waits for no standby.
        with database.single(waits_for_standby=False) as connection:
            connection.execute(text("SELECT 1"))
        sent = proxy.watch("")
        with database.single(waits_for_standby=False) as connection:
            connection.execute(text("SELECT 1"))
        database.close()
    assert sent.count == 1


def test_a_connection_that_the_server_has_ended_is_replaced_before_it_is_used(database_url: str) -> None:
    database = Database.at(database_url)
    with database.single() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    with database.write() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != pid
    database.close()


def test_its_whereabouts_hold_no_secret(engine: Engine) -> None:
    told = Database(engine).whereabouts
    assert str(engine.url.database) in told
    assert str(engine.url.password) not in told
