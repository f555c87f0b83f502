"""The connection of an executor that receives notifications of due tasks and holds the executor's lock."""

import re
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

import psycopg
from sqlalchemy import func, literal, select, text
from sqlalchemy.exc import DBAPIError

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.failure_detector import Sighting
from mediaproc.db.database import Database
from mediaproc.db.engine import is_pooled
from mediaproc.db.executor_locks import end_holder, holds_lock, holds_own_lock, try_lock
from mediaproc.db.faults import translated
from mediaproc.db.notifications import CHANNEL
from mediaproc.db.pooler import SharedSession, require_own_session
from mediaproc.db.schema import media_executor

# What can be the id of a task, in as many digits as a bigint has at most.
_IS_ID = re.compile("[0-9]{1,19}")

_executor = media_executor.c
_SEEN_LATELY = timedelta(minutes=10)


class Listener:
    """An open connection of its own, for one thread.

    Every method raises Unavailable or PartMissing when the connection is lost; then a new one must be opened.
    """

    def __init__(self, database: Database, *, executor_id: UUID) -> None:
        """Connect, listen, and take the executor's lock unless another session holds it.

        Raises:
            SharedSession: a pooler would give listener and lock to others.
        """
        self._id = literal(str(executor_id))
        self.has_lock = False
        with translated():
            self._connection = database.engine.connect()
            # The pool would give it to another thread, and count it among the few.
            self._connection.detach()
            # SQLAlchemy knows no notifications; the driver does.
            self._driver = cast("psycopg.Connection[Any]", self._connection.connection.dbapi_connection)
            try:
                require_own_session(self._connection, database=database)
                with self._connection.begin():
                    self._connection.execute(text(f"LISTEN {CHANNEL}"))
                self.take_lock()
            except BaseException:
                self.close()
                raise

    def take_lock(self) -> None:
        """Take the lock, or end the session of this executor that still has it, so that the next try gets it.

        A session whose connection this process has lost lives on in the server until the server notices.
        """
        if self.has_lock:
            return
        with translated(), self._connection.begin():
            self.has_lock = bool(self._connection.scalar(try_lock(self._id)))
            if not self.has_lock:
                self._connection.execute(end_holder(self._id))

    def hear(self, *, seconds: float) -> list[int]:
        """The tasks of new notifications; returns at once when there are some, after `seconds` when there are none."""
        try:
            heard = [note.payload for note in self._driver.notifies(timeout=seconds, stop_after=1)]
        except psycopg.OperationalError as error:
            # Reachability observes the engine, which sees no error but those of SQLAlchemy's own statements.
            with suppress(DBAPIError):
                self._connection.scalar(select(1))
            raise Unavailable(
                "The listener's connection to the database was lost.", error_class=ErrorClass.DATABASE_UNAVAILABLE
            ) from error
        # Every program may notify on any channel: a payload that is no id belongs to no task.
        return [int(payload) for payload in heard if _IS_ID.fullmatch(payload)]

    def look(self) -> dict[UUID, Sighting]:
        """Each executor that was seen lately: whether it holds its lock, and when its last heartbeat was.

        Raises:
            SharedSession: this executor's lock is in another session now.
        """
        lately = select(_executor.id, _executor.heartbeat_at, holds_lock(_executor.id).label("holds_lock")).where(
            _executor.state != "stopped", _executor.heartbeat_at > func.now() - _SEEN_LATELY
        )
        with translated(), self._connection.begin():
            if self.has_lock and is_pooled(self._connection) and not self._holds_own_lock():
                # The pooler has lent that session to others: the lock there would outlive this executor, or end early.
                self._connection.execute(end_holder(self._id))
                raise SharedSession
            rows = self._connection.execute(lately).all()
        return {row.id: Sighting(holds_lock=row.holds_lock, heartbeat=row.heartbeat_at) for row in rows}

    def _holds_own_lock(self) -> bool:
        return bool(self._connection.scalar(select(holds_own_lock(self._id))))

    def close(self) -> None:
        """Close the connection at once, and with it the lock; a dropped one would wait for the garbage collector."""
        self._driver.close()
        self._connection.invalidate()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
