"""Connections to PostgreSQL that never wait for ever."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event

from mediaproc.db.url import parse_url

# Seconds. Every one of them is there so that nothing waits for ever on a server that stopped answering.
CONNECT_TIMEOUT = 5
STATEMENT_TIMEOUT = 10
LOCK_TIMEOUT = 5
IDLE_IN_TRANSACTION_TIMEOUT = 15
POOL_TIMEOUT = 10
# Bytes unacknowledged for this long end the connection: a half-open socket is found on the next write.
TCP_USER_TIMEOUT = 8
# What the server's own timeouts cannot end: an answer that never comes, over a path that still acknowledges packets.
ANSWER_TIMEOUT = 15

# The same for the server's side, so that it notices when a client's machine is gone, and lets go of its locks.
_SERVER_KEEPALIVES = {
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": f"{TCP_USER_TIMEOUT}s",
}

# A server that only reads: a standby, or the former primary of a failover. The name leads to another one soon.
_READ_ONLY = "25006"


class PunctualConnection(psycopg.Connection[Any]):
    """Waits for an answer of the server only so long, then gives the connection up."""

    answer_timeout: float | None = ANSWER_TIMEOUT
    # Whether a pooler stands between it and the server: then no setting outlives a transaction for sure.
    is_pooled = False

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As its parent, with a timeout of its own where the caller gave none."""
        if timeout is not None or self.answer_timeout is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - what psycopg's documentation of wait() says it raises
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer within {self.answer_timeout:g} s") from None

    def settle_in(self, *, missing: Mapping[str, str]) -> None:
        """Find out whether it is pooled, and give a session of its own what is `missing`; closed if nobody answers.

        It is pooled where the process that answers is not the one that was named when connecting.
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


class PatientConnection(PunctualConnection):
    """For migrations: to build an index on a large table may take as long as it takes."""

    answer_timeout = None


def connect(url: str, *, application_name: str = "mediaproc", connections: int = 5, patient: bool = False) -> Engine:
    """An engine of at most `connections` pooled connections, and as many more in a burst; opens none yet.

    A `patient` engine waits for its statements as long as they take; locks it waits for no longer than others.

    Raises:
        WrongUse: the URL is no PostgreSQL URL. The message never holds its password.
    """
    timeouts = {
        "statement_timeout": f"{0 if patient else STATEMENT_TIMEOUT}s",
        "lock_timeout": f"{LOCK_TIMEOUT}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT}s",
        "timezone": "UTC",
    }
    engine = create_engine(
        parse_url(url),
        pool_size=connections,
        max_overflow=connections,
        pool_timeout=POOL_TIMEOUT,
        # A connection that a restart killed is found before it is used, not by the statement that mattered.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "application_name": application_name,
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": TCP_USER_TIMEOUT * 1000,
            # Prepared statements buy little here and break behind a pooler in transaction mode.
            "prepare_threshold": None,
            "options": " ".join(f"-c {name}={value}" for name, value in {**timeouts, **_SERVER_KEEPALIVES}.items()),
        },
    )
    _connect_also_through_a_pooler(
        engine, driver=PatientConnection if patient else PunctualConnection, timeouts=timeouts
    )
    _leave_servers_that_only_read(engine)
    return engine


def _connect_also_through_a_pooler(
    engine: Engine, *, driver: type[PunctualConnection], timeouts: Mapping[str, str]
) -> None:
    """Behind a pooler, which takes no options or forgets them, each transaction begins with what a session lacks."""
    for_one_transaction = _set_all(timeouts, for_one_transaction=True)

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, arguments: Any, options: Any) -> PunctualConnection:  # noqa: ANN401
        missing: Mapping[str, str] = {}
        try:
            connection = driver.connect(*arguments, **options)
        except psycopg.errors.ConnectionTimeout:
            raise
        except psycopg.OperationalError:
            # Each pooler has its own words for options that it does not take, and libpq tells no SQLSTATE of a
            # connection that failed: whatever else it was fails again.
            connection = driver.connect(*arguments, **options | {"options": ""})
            missing = {**timeouts, **_SERVER_KEEPALIVES}
        connection.settle_in(missing=missing)
        return connection

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if is_pooled(connection):
            connection.exec_driver_sql(for_one_transaction)


def _set_all(settings: Mapping[str, str], *, for_one_transaction: bool) -> str:
    calls = (f"set_config('{name}', '{value}', {for_one_transaction})" for name, value in settings.items())
    return "SELECT " + ", ".join(calls)


def _leave_servers_that_only_read(engine: Engine) -> None:
    """Their connections work, so that only what they refuse tells that they lead to the wrong server."""

    @event.listens_for(engine, "handle_error")
    def _look(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
            context.is_disconnect = True


def is_pooled(connection: Connection) -> bool:
    """Whether a pooler stands between the connection and the server."""
    return bool(getattr(connection.connection.dbapi_connection, "is_pooled", False))
