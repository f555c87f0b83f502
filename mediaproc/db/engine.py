"""Connections to PostgreSQL, each wait on them with a timeout."""

import select
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from mediaproc.db.url import parse_url

# Seconds. With each of them, a wait on a server that stopped answering ends.
CONNECT_TIMEOUT = 5
STATEMENT_TIMEOUT = 10
LOCK_TIMEOUT = 5
IDLE_IN_TRANSACTION_TIMEOUT = 15
POOL_TIMEOUT = 10
# Bytes that the server leaves unacknowledged for this long end the connection: the next write finds a half-open socket.
TCP_USER_TIMEOUT = 8
# No timeout of the server ends the wait for an answer that never comes over a path that still acknowledges packets.
ANSWER_TIMEOUT = 15

# The same for the server's side, so that it notices when a client's machine is gone, and frees the client's locks.
_SERVER_KEEPALIVES = {
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": f"{TCP_USER_TIMEOUT}s",
}

# From a server that only reads: a standby, or the former primary of a failover. Its name leads to another server soon.
_READ_ONLY = "25006"
# From a server whose tables a migration has changed, for a statement that was prepared before.
_PREPARED_BEFORE = "0A000"


class TimeLimitedConnection(psycopg.Connection[Any]):
    """A connection that is closed when the server does not answer within `answer_timeout` seconds (None: no limit)."""

    answer_timeout: float | None = ANSWER_TIMEOUT
    # Whether a pooler stands between the connection and the server: then a setting may end with its transaction.
    is_pooled = False
    # Whether COMMITs of this session wait for no standby: of `db/durability.py`.
    commits_here = False
    # When its plans were last thrown away, by a steady clock: of `db/prepared_statements.py`.
    planned_at = 0.0

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait as psycopg does, with the answer's timeout where the caller gave none."""
        if timeout is not None or self.answer_timeout is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - what psycopg's documentation of wait() says it raises
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer within {self.answer_timeout:g} s") from None

    def has_news(self) -> bool:
        """Whether anything has arrived that nobody asked for, such as the connection's end."""
        if self.closed:
            return True
        arrived = select.poll()
        arrived.register(self.fileno(), select.POLLIN)
        return bool(arrived.poll(0))

    def answers(self) -> bool:
        """Whether the server answers, outside of any transaction."""
        try:
            self.autocommit = True
            self.execute("SELECT 1")
            self.autocommit = False
        except psycopg.Error:
            return False
        return True

    def prepare_session(self, *, missing: Mapping[str, str]) -> None:
        """Find out whether a pooler is between, and set what is `missing` in a session without one.

        A pooler is between where the server process that answers is not the one that was named when connecting. The
        connection is closed when this fails.
        """
        try:
            self.autocommit = True
            self.is_pooled = self.execute("SELECT pg_backend_pid()").fetchone() != (self.info.backend_pid,)
            if missing and not self.is_pooled:
                self.execute(_set_all(missing, for_one_transaction=False).encode())
            self.autocommit = False
        except BaseException:
            self.close()
            raise


class UnlimitedConnection(TimeLimitedConnection):
    """A connection for migrations: to build an index on a large table may take hours."""

    answer_timeout = None


def connect(
    url: str, *, application_name: str = "mediaproc", connections: int = 5, has_statement_timeout: bool = True
) -> Engine:
    """An engine of at most `connections` pooled connections, and as many more in a burst; opens none yet.

    Without the statement timeout a statement may take as long as it takes; the wait for a lock ends all the same.

    Raises:
        WrongUse: the URL is no PostgreSQL URL. The message never holds its password.
    """
    timeouts = {
        "statement_timeout": f"{STATEMENT_TIMEOUT if has_statement_timeout else 0}s",
        "lock_timeout": f"{LOCK_TIMEOUT}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT}s",
        "timezone": "UTC",
    }
    engine = create_engine(
        parse_url(url),
        pool_size=connections,
        max_overflow=connections,
        pool_timeout=POOL_TIMEOUT,
        # The one that was used last, so that a few stay warm, and the rest of a burst end in time.
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "application_name": application_name,
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": TCP_USER_TIMEOUT * 1000,
            # They break behind a pooler in transaction mode: `db/prepared_statements.py` has them where none is.
            "prepare_threshold": None,
            "options": " ".join(f"-c {name}={value}" for name, value in {**timeouts, **_SERVER_KEEPALIVES}.items()),
        },
    )
    _connect_also_through_a_pooler(
        engine, driver=TimeLimitedConnection if has_statement_timeout else UnlimitedConnection, timeouts=timeouts
    )
    _leave_sessions_of_no_use(engine)
    _leave_lost_connections(engine)
    return engine


def _connect_also_through_a_pooler(
    engine: Engine, *, driver: type[TimeLimitedConnection], timeouts: Mapping[str, str]
) -> None:
    """Set the timeouts at the begin of each transaction behind a pooler, which refuses options or drops them."""
    for_one_transaction = _set_all(timeouts, for_one_transaction=True)

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, arguments: Any, options: Any) -> TimeLimitedConnection:  # noqa: ANN401
        missing: Mapping[str, str] = {}
        try:
            connection = driver.connect(*arguments, **options)
        except psycopg.errors.ConnectionTimeout:
            raise
        except psycopg.OperationalError:
            # Each pooler has its own sentence for options that it refuses, and libpq tells no SQLSTATE of a connection
            # that failed. So any failure is tried again without them: another cause fails again.
            connection = driver.connect(*arguments, **options | {"options": ""})
            missing = {**timeouts, **_SERVER_KEEPALIVES}
        connection.prepare_session(missing=missing)
        return connection

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if is_pooled(connection):
            connection.exec_driver_sql(for_one_transaction)


def _set_all(settings: Mapping[str, str], *, for_one_transaction: bool) -> str:
    calls = (f"set_config('{name}', '{value}', {for_one_transaction})" for name, value in settings.items())
    return "SELECT " + ", ".join(calls)


def _leave_sessions_of_no_use(engine: Engine) -> None:
    """Close connections to a server that only reads, and those whose plans no longer fit: both show by an error."""

    @event.listens_for(engine, "handle_error")
    def _look(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in (_READ_ONLY, _PREPARED_BEFORE):
            context.is_disconnect = True


def _leave_lost_connections(engine: Engine) -> None:
    """Close idle connections that the server has ended, so that no statement finds that out.

    A ping each time would be half of all statements of an idle executor. A connection on which nothing has arrived was
    not ended: the server says so before it closes one, and a path that is gone shows by the keepalives.
    """

    @event.listens_for(engine, "checkout")
    def _look(connection: TimeLimitedConnection, _record: object, _proxy: object) -> None:
        if connection.has_news() and not connection.answers():
            raise InvalidatePoolError


def is_pooled(connection: Connection) -> bool:
    """Whether a pooler stands between the connection and the server."""
    return bool(getattr(connection.connection.dbapi_connection, "is_pooled", False))
