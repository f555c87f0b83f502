"""One connection that hears of due tasks, and whose advisory lock tells others that its executor lives."""

from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from typing import cast as cast_type
from uuid import UUID

import psycopg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Engine,
    Integer,
    String,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
)

from mediaproc.core.deathwatch import Sighting
from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.db.engine import translated
from mediaproc.db.schema import media_executor

CHANNEL = "mediaproc_due"

# Added to the executor's id in the lock's key, so that other programs' locks stay apart.
_SEED = 0x6D65646961

_executor = media_executor.c
_SEEN_LATELY = timedelta(minutes=10)


def notify_due(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners, when its transaction commits, that the task is due."""
    return func.pg_notify(CHANNEL, cast(task_id, String))


def holds_lock(executor_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the executor is connected: its session holds the advisory lock that only it takes."""
    lock = table("pg_locks", *map(column, ("locktype", "objsubid", "granted", "database", "classid", "objid"))).c
    # PostgreSQL shows a key of 64 bits in two halves.
    key = cast(lock.classid, BigInteger).op("<<")(cast(32, Integer)).op("|")(cast(lock.objid, BigInteger))
    this_database = (
        select(literal_column("oid"))
        .select_from(table("pg_database"))
        .where(literal_column("datname") == func.current_database())
        .scalar_subquery()
    )
    return exists(
        select(1).where(
            lock.locktype == "advisory",
            lock.objsubid == 1,
            lock.granted,
            lock.database == this_database,
            key == _lock_key(executor_id),
        )
    )


def _lock_key(executor_id: ColumnElement[Any]) -> ColumnElement[int]:
    return func.hashtextextended(cast(executor_id, String), _SEED)


class Listener:
    """An open connection of its own; whoever has it talks to it from one thread.

    Every method raises Unavailable or PartMissing when the connection is lost; then a new one must be opened.
    """

    def __init__(self, engine: Engine, *, executor_id: UUID) -> None:
        """Connect, listen and take the executor's lock."""
        with translated():
            self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # The pool would hand it to somebody else, and count it among the few.
            self._connection.detach()
            # SQLAlchemy knows no notifications; the driver does.
            self._driver = cast_type("psycopg.Connection[Any]", self._connection.connection.dbapi_connection)
            try:
                self._connection.execute(text(f"LISTEN {CHANNEL}"))
                self._connection.execute(select(func.pg_advisory_lock(_lock_key(literal(str(executor_id))))))
            except BaseException:
                self.close()
                raise

    def hear(self, *, seconds: float) -> list[int]:
        """The tasks that became due meanwhile; returns at once when there are some, after `seconds` when not."""
        try:
            heard = [note.payload for note in self._driver.notifies(timeout=seconds, stop_after=1)]
        except psycopg.OperationalError as error:
            raise Unavailable(
                "The listener's connection to the database was lost.", error_class=ErrorClass.DATABASE_UNAVAILABLE
            ) from error
        # Anybody may notify on any channel: what is no id is nobody's task.
        return [int(payload) for payload in heard if payload.isascii() and payload.isdigit()]

    def look(self) -> dict[UUID, Sighting]:
        """Every executor that was seen lately: whether it holds its lock, and when its last heartbeat was."""
        lately = select(_executor.id, _executor.heartbeat_at, holds_lock(_executor.id).label("holds_lock")).where(
            _executor.state != "stopped", _executor.heartbeat_at > func.now() - _SEEN_LATELY
        )
        with translated():
            rows = self._connection.execute(lately).all()
        return {row.id: Sighting(holds_lock=row.holds_lock, heartbeat=row.heartbeat_at) for row in rows}

    def close(self) -> None:
        """The lock goes with the connection, at once: what is only dropped waits for the garbage collector."""
        self._driver.close()
        self._connection.invalidate()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
