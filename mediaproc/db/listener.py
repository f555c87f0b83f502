"""One connection that hears of due tasks, and whose advisory lock tells others that its executor lives."""

import re
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from typing import cast as cast_type
from uuid import UUID

import psycopg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
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
from sqlalchemy.exc import DBAPIError

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.failure_detector import Sighting
from mediaproc.db.database import Database
from mediaproc.db.engine import is_pooled
from mediaproc.db.faults import translated
from mediaproc.db.pooler import SharedSession, require_own_session
from mediaproc.db.schema import media_executor

CHANNEL = "mediaproc_due"

# Added to the executor's id in the lock's key, so that other programs' locks stay apart.
_SEED = 0x6D65646961

# What can be the id of a task, in as many digits as a bigint has at most.
_IS_ID = re.compile("[0-9]{1,19}")

_executor = media_executor.c
_lock = table("pg_locks", *map(column, ("locktype", "objsubid", "granted", "database", "classid", "objid", "pid"))).c
_activity = table("pg_stat_activity", column("pid"), column("usename")).c
_SEEN_LATELY = timedelta(minutes=10)


def notify_due(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners, when its transaction commits, that the task is due."""
    return func.pg_notify(CHANNEL, cast(task_id, String))


def holds_lock(executor_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the executor is connected: its session holds the advisory lock that only it takes."""
    return exists(select(1).where(_is_held(executor_id)))


def _is_held(executor_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Of a row of pg_locks: that it is the executor's lock, and granted."""
    # PostgreSQL shows a key of 64 bits in two halves.
    key = cast(_lock.classid, BigInteger).op("<<")(cast(32, Integer)).op("|")(cast(_lock.objid, BigInteger))
    this_database = (
        select(literal_column("oid"))
        .select_from(table("pg_database"))
        .where(literal_column("datname") == func.current_database())
        .scalar_subquery()
    )
    return and_(
        _lock.locktype == "advisory",
        _lock.objsubid == 1,
        _lock.granted,
        _lock.database == this_database,
        key == _lock_key(executor_id),
    )


def _lock_key(executor_id: ColumnElement[Any]) -> ColumnElement[int]:
    return func.hashtextextended(cast(executor_id, String), _SEED)


def _end_holder(executor_id: ColumnElement[Any]) -> Select[Any]:
    """End the other session that holds the lock. An executor's id is its process's, so it can only be its own."""
    own_user = select(_activity.pid).where(_activity.usename == literal_column("current_user"))
    return select(func.pg_terminate_backend(_lock.pid)).where(
        _is_held(executor_id), _lock.pid != func.pg_backend_pid(), _lock.pid.in_(own_user)
    )


class Listener:
    """An open connection of its own; whoever has it talks to it from one thread.

    Every method raises Unavailable or PartMissing when the connection is lost; then a new one must be opened.
    """

    def __init__(self, database: Database, *, executor_id: UUID) -> None:
        """Connect, listen, and take the executor's lock if nobody holds it.

        Raises:
            SharedSession: a pooler would give listener and lock to others.
        """
        self._id = literal(str(executor_id))
        self.has_lock = False
        with translated():
            self._connection = database.engine.connect()
            # The pool would hand it to somebody else, and count it among the few.
            self._connection.detach()
            # SQLAlchemy knows no notifications; the driver does.
            self._driver = cast_type("psycopg.Connection[Any]", self._connection.connection.dbapi_connection)
            try:
                require_own_session(self._connection, database=database)
                with self._connection.begin():
                    self._connection.execute(text(f"LISTEN {CHANNEL}"))
                self.take_lock()
            except BaseException:
                self.close()
                raise

    def take_lock(self) -> None:
        """Take the lock, or end the session of ours that still has it, so that the next try will get it.

        A session that was lost on our side only lives on in the server until that notices.
        """
        if self.has_lock:
            return
        with translated(), self._connection.begin():
            self.has_lock = bool(self._connection.scalar(select(func.pg_try_advisory_lock(_lock_key(self._id)))))
            if not self.has_lock:
                self._connection.execute(_end_holder(self._id))

    def hear(self, *, seconds: float) -> list[int]:
        """The tasks that became due meanwhile; returns at once when there are some, after `seconds` when not."""
        try:
            heard = [note.payload for note in self._driver.notifies(timeout=seconds, stop_after=1)]
        except psycopg.OperationalError as error:
            # Who listens to the engine's errors (Reachability) hears of none but SQLAlchemy's.
            with suppress(DBAPIError):
                self._connection.scalar(select(1))
            raise Unavailable(
                "The listener's connection to the database was lost.", error_class=ErrorClass.DATABASE_UNAVAILABLE
            ) from error
        # Anybody may notify on any channel: what is no id is nobody's task.
        return [int(payload) for payload in heard if _IS_ID.fullmatch(payload)]

    def look(self) -> dict[UUID, Sighting]:
        """Every executor that was seen lately: whether it holds its lock, and when its last heartbeat was.

        Raises:
            SharedSession: the own lock is not this session's any more.
        """
        lately = select(_executor.id, _executor.heartbeat_at, holds_lock(_executor.id).label("holds_lock")).where(
            _executor.state != "stopped", _executor.heartbeat_at > func.now() - _SEEN_LATELY
        )
        own = exists(select(1).where(_is_held(self._id), _lock.pid == func.pg_backend_pid()))
        with translated(), self._connection.begin():
            if self.has_lock and is_pooled(self._connection) and not self._connection.scalar(select(own)):
                # Left in a session that is others' now, it would tell of a life or of a death that is not there.
                self._connection.execute(_end_holder(self._id))
                raise SharedSession
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
