"""A transaction that reads changes nothing, one that writes is committed, and both fail with errors of this project."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.database import Database
from tests.db.task_rows import add_tasks

TRANSACTIONS: dict[str, Callable[[Database], AbstractContextManager[Connection]]] = {
    "read": Database.read,
    "write": Database.write,
}


def priority(engine: Engine) -> int | None:
    with engine.connect() as connection:
        found: int | None = connection.scalar(text("SELECT priority FROM media_process"))
        return found


@pytest.mark.parametrize(("name", "then"), [("read", 0), ("write", 7)])
def test_only_what_is_written_in_a_writing_transaction_stays(engine: Engine, name: str, then: int) -> None:
    add_tasks(engine, count=1)
    with TRANSACTIONS[name](Database(engine)) as connection:
        connection.execute(text("UPDATE media_process SET priority = 7"))
    assert priority(engine) == then


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
    with Database(engine).write(waits_for_standby=waits) as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == setting


def test_its_whereabouts_hold_no_secret(engine: Engine) -> None:
    told = Database(engine).whereabouts
    assert str(engine.url.database) in told
    assert str(engine.url.password) not in told
