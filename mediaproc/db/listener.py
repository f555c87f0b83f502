"""The connection of an executor that receives notifications, holds the executor's lock, and shows those of others."""

import os
import re
import selectors
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import UUID

import psycopg
from sqlalchemy import Connection, literal, select, text
from sqlalchemy.exc import DBAPIError

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.failure_detector import Sighting
from mediaproc.db import peers
from mediaproc.db.database import Database
from mediaproc.db.engine import is_pooled
from mediaproc.db.executor_locks import end_holder, holds_own_lock, try_lock
from mediaproc.db.faults import translated
from mediaproc.db.notifications import ANY_TASK, CONTROL, DUE, ENDED, LOCK_MISSING, MESSAGE, WANTED
from mediaproc.db.pooler import SharedSession, require_own_session

if TYPE_CHECKING:
    from mediaproc.core.shard import Shard

# What can be the id of a task, in as many digits as a bigint has at most.
_IS_ID = re.compile("[0-9]{1,19}")
# How often the lock is tried before its holder is looked for again: another executor's look holds it for a moment.
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What new notifications tell: tasks that are due, or wanted by idle executors; executors without their locks.

    `any_due`: some tasks are due, which are not named. `ended`: the tokens of claims that a person has ended.
    """

    due: tuple[int, ...] = ()
    any_due: bool = False
    ended: frozenset[UUID] = frozenset()
    wanted: frozenset[int] = frozenset()
    missing: frozenset[UUID] = frozenset()
    # Whether a message to another program waits.
    has_message: bool = False
    # Whether a pause or a schedule was changed.
    control: bool = False


class Listener:
    """An open connection of its own, for one thread.

    Every method raises Unavailable or PartMissing when the connection is lost; then a new one must be opened.
    """

    def __init__(self, database: Database, *, executor_id: UUID, counts_shard: bool = False) -> None:
        """Connect, listen, and take the executor's lock unless another session holds it.

        With `counts_shard` each look also counts the executor's automatic numbers.

        Raises:
            SharedSession: a pooler would give listener and lock to others.
        """
        self._executor_id = executor_id
        self._id = literal(str(executor_id))
        self._counts_shard = counts_shard
        # As the latest look has counted it.
        self.counted_shard: Shard | None = None
        self.has_lock = False
        with translated():
            self._connection = database.engine.connect()
            # The pool would give it to another thread, and count it among the few.
            self._connection.detach()
            # SQLAlchemy knows no notifications; the driver does.
            self._driver = cast("psycopg.Connection[Any]", self._connection.connection.dbapi_connection)
            try:
                require_own_session(self._connection, database=database)
                self._save_round_trips()
                self._watch_the_path()
                with self._statement() as connection:
                    for channel in (DUE, WANTED, LOCK_MISSING, MESSAGE, CONTROL, ENDED):
                        connection.execute(text(f"LISTEN {channel}"))
                self.take_lock()
            except BaseException:
                self.close()
                raise

    def _save_round_trips(self) -> None:
        """Each statement is its own transaction, and planned once; behind a pooler a transaction sets the timeouts."""
        if not is_pooled(self._connection):
            self._driver.autocommit = True
            self._driver.prepare_threshold = 0

    def _watch_the_path(self) -> None:
        """Let the kernel ask each second whether the path is there, however seldom a look does.

        So a path that is gone ends the connection after `TCP_USER_TIMEOUT`, and before the server gives the lock up.
        """
        if not hasattr(socket, "TCP_KEEPIDLE") or self._driver.pgconn.host.startswith(b"/"):
            return
        with socket.socket(fileno=os.dup(self._driver.fileno())) as path:
            path.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
            path.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)

    @contextmanager
    def _statement(self) -> Iterator[Connection]:
        with translated(), self._connection.begin():
            yield self._connection

    def take_lock(self) -> None:
        """Take the lock, or end the session of this executor that still has it, so that the next try gets it.

        A session whose connection this process has lost lives on in the server until the server notices.
        """
        for _ in range(_TRIES):
            if self.has_lock:
                return
            with self._statement() as connection:
                self.has_lock = bool(connection.scalar(try_lock(self._id)))
                if not self.has_lock and connection.execute(end_holder(self._id)).all():
                    return

    def hear(self, *, seconds: float, or_until: int | None = None) -> Heard:
        """What new notifications tell; returns at once when there are some, after `seconds` when there are none.

        It also returns once the file descriptor `or_until` can be read.
        """
        try:
            heard = list(self._driver.notifies(timeout=0, stop_after=1))
            if not heard and self._is_readable(seconds, or_until=or_until):
                heard = list(self._driver.notifies(timeout=0, stop_after=1))
        except psycopg.OperationalError as error:
            # Reachability observes the engine, which sees no error but those of SQLAlchemy's own statements.
            with suppress(DBAPIError):
                self._connection.scalar(select(1))
            raise Unavailable(
                "The listener's connection to the database was lost.", error_class=ErrorClass.DATABASE_UNAVAILABLE
            ) from error
        # Every program may notify on any channel: a payload that is no id belongs to no task and to no executor.
        return Heard(
            due=tuple(_ids(note.payload for note in heard if note.channel == DUE)),
            any_due=any((note.channel, note.payload) == (DUE, ANY_TASK) for note in heard),
            ended=frozenset(_uuids(note.payload for note in heard if note.channel == ENDED)),
            wanted=frozenset(_ids(note.payload for note in heard if note.channel == WANTED)),
            missing=frozenset(_uuids(note.payload for note in heard if note.channel == LOCK_MISSING)),
            has_message=any(note.channel == MESSAGE for note in heard),
            control=any(note.channel == CONTROL for note in heard),
        )

    def _is_readable(self, seconds: float, *, or_until: int | None) -> bool:
        """Waits in one system call; the driver's own wait looks up ten times a second."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._driver.fileno(), selectors.EVENT_READ)
            if or_until is not None:
                selector.register(or_until, selectors.EVENT_READ)
            return any(key.fd == self._driver.fileno() for key, _ in selector.select(seconds))

    def ring(self, *, count: int) -> peers.Ring:
        """The executors that this one is to watch, as `peers.ring`."""
        with self._statement() as connection:
            return peers.ring(connection, executor_id=self._executor_id, count=count)

    def look(self, executors: Collection[UUID]) -> dict[UUID, Sighting]:
        """Each of these executors that has not stopped: whether it holds its lock, and when its last heartbeat was."""
        with self._statement() as connection:
            if not self._counts_shard:
                return peers.sightings(connection, peers=executors)
            seen, self.counted_shard = peers.sightings_and_shard(
                connection, peers=executors, executor_id=self._executor_id
            )
            return seen

    def tell_missing(self, executors: Collection[UUID]) -> None:
        """Tell all executors that these have lost their locks."""
        with self._statement() as connection:
            peers.tell_missing(connection, executors=executors)

    def require_own_lock(self) -> None:
        """Passes while the lock that this executor took is its own session's.

        Raises:
            SharedSession: a pooler has lent that session to others: the lock there would outlive this executor, or end
                early.
        """
        if not self.has_lock or not is_pooled(self._connection):
            return
        with self._statement() as connection:
            if not connection.scalar(select(holds_own_lock(self._id))):
                connection.execute(end_holder(self._id))
                raise SharedSession

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


def _ids(payloads: Iterator[str]) -> Iterator[int]:
    return (int(payload) for payload in payloads if _IS_ID.fullmatch(payload))


def _uuids(payloads: Iterator[str]) -> Iterator[UUID]:
    for payload in payloads:
        with suppress(ValueError):
            yield UUID(payload)
