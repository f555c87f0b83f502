"""Connections to PostgreSQL that never wait for ever, and its errors by whose fault they are."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mediaproc.core.errors import ErrorClass, MediaprocError, PartMissing, Unavailable, WrongUse

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
# How PgBouncer says that it takes no `options`.
_OPTIONS_REFUSED = "unsupported startup parameter"

# SQLSTATEs that waiting cannot mend, each with what to do.
_BEYOND_WAITING = {
    "28P01": "the password is wrong: correct it in MEDIAPROC_DATABASE_URL",
    "28000": "the server does not let this user in: check MEDIAPROC_DATABASE_URL and pg_hba.conf",
    "3D000": "there is no such database: create it, or correct MEDIAPROC_DATABASE_URL",
    "42P01": "its tables are not there: run `mediaproc migrate`",
    "3F000": "its schema is not there: run `mediaproc migrate`",
    "42703": "its tables are of another version: run `mediaproc migrate`",
    "42501": (
        "this user may not do that: grant it the tables of mediaproc, and for `mediaproc migrate` CREATE on the"
        " database and on its schema public"
    ),
}

_PORTS = range(1, 65_536)

# How libpq begins when it repeats where it went, and what it says of a URL with which it goes nowhere.
_REPEATED_HOST = re.compile(r'connection (failed|is bad): connection to server (at|on socket) ".*?".*? failed: ')
_REFUSED_VALUE = re.compile(
    r'connection is bad: (invalid "?(?P<option>\w+)"? (value|number): "'
    r'|could not parse network address "|definition of service "|invalid integer value ")'
)


# A server that only reads: a standby, or the former primary of a failover. The name leads to another one soon.
_READ_ONLY = "25006"
# What a server says of itself when its own files or memory are wrong.
_INTERNAL = "XX"


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

    def find_out_whether_pooled(self) -> None:
        """Ask whether the process that answers is the one that was named when connecting; closed if nobody answers."""
        try:
            self.autocommit = True
            self.is_pooled = self.execute("SELECT pg_backend_pid()").fetchone() != (self.info.backend_pid,)
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
    session = {
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
            "options": " ".join(f"-c {name}={value}" for name, value in (session | _SERVER_KEEPALIVES).items()),
        },
    )
    _connect_also_through_a_pooler(engine, driver=PatientConnection if patient else PunctualConnection, session=session)
    _leave_servers_that_only_read(engine)
    return engine


def _connect_also_through_a_pooler(
    engine: Engine, *, driver: type[PunctualConnection], session: Mapping[str, str]
) -> None:
    """Behind a pooler, which takes no options or forgets them, each transaction begins with what a session lacks."""
    for_one_transaction = "SELECT " + ", ".join(
        f"set_config('{name}', '{value}', true)" for name, value in session.items()
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, arguments: Any, options: Any) -> PunctualConnection:  # noqa: ANN401
        try:
            connection = driver.connect(*arguments, **options)
        except psycopg.OperationalError as error:
            if _OPTIONS_REFUSED not in str(error):
                raise
            connection = driver.connect(*arguments, **options | {"options": ""})
        connection.find_out_whether_pooled()
        return connection

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if is_pooled(connection):
            connection.exec_driver_sql(for_one_transaction)


def _leave_servers_that_only_read(engine: Engine) -> None:
    """Their connections work, so that only what they refuse tells that they lead to the wrong server."""

    @event.listens_for(engine, "handle_error")
    def _look(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
            context.is_disconnect = True


def is_pooled(connection: Connection) -> bool:
    """Whether a pooler stands between the connection and the server."""
    return bool(getattr(connection.connection.dbapi_connection, "is_pooled", False))


def parse_url(url: str) -> URL:
    """The URL in SQLAlchemy's form, with psycopg as its driver.

    Raises:
        WrongUse: it is no PostgreSQL URL, or libpq has no such option. No part of the URL is in the message.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _wrong("is not a URL") from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise _wrong(f"begins with {parsed.drivername}://, but only PostgreSQL will do")
    # A password ends at its first @, and what follows would be taken for the host.
    if "@" in (parsed.host or ""):
        raise _wrong("has more than one @ (such a character in the password is written %40)")
    if parsed.port is not None and parsed.port not in _PORTS:
        raise _wrong(f"names a port that is not from {_PORTS[0]} to {_PORTS[-1]}")
    if not parsed.query.keys() <= _libpq_options():
        raise _wrong("has an option after ? that PostgreSQL does not know")
    ours = parsed.set(drivername="postgresql+psycopg")
    try:
        ours.get_dialect()().create_connect_args(ours)
    except ArgumentError:
        raise _wrong("names not as many ports as hosts") from None
    return ours


def _libpq_options() -> set[str]:
    return {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}


def _wrong(what: str) -> WrongUse:
    return WrongUse(f"MEDIAPROC_DATABASE_URL {what}: write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE.")


@contextmanager
def translated() -> Iterator[None]:
    """Foreign errors inside become ours: Unavailable where waiting may help, PartMissing where it cannot.

    A constraint that refuses a row, or SQL that is wrong, is a bug and passes through.
    """
    try:
        yield
    except MediaprocError:
        raise
    except PoolTimeoutError as error:
        raise Unavailable(
            "The database did not answer: every connection is busy.", error_class=ErrorClass.DATABASE_UNAVAILABLE
        ) from error
    except (OperationalError, InterfaceError) as error:
        raise _unreachable(error) from error
    except DBAPIError as error:
        state = _sqlstate(error) or ""
        if error.connection_invalidated or state in _BEYOND_WAITING or state.startswith(_INTERNAL):
            raise _unreachable(error) from error
        raise


def _sqlstate(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def _unreachable(error: DBAPIError) -> WrongUse | PartMissing | Unavailable:
    reason = _first_line(error)
    refused = _REFUSED_VALUE.match(reason)
    if refused:
        option = refused["option"] or "an option"
        return WrongUse(f"MEDIAPROC_DATABASE_URL gives {option} a value that it cannot have: correct it.")
    remedy = _BEYOND_WAITING.get(_sqlstate(error) or "") or _remedy_for_refused_login(str(error.orig))
    if remedy:
        return PartMissing(f"The database refuses: {remedy}.")
    return Unavailable(
        f"The database does not answer ({_without_host(reason)}).",
        error_class=ErrorClass.DATABASE_UNAVAILABLE,
    )


def _without_host(reason: str) -> str:
    """What libpq says, less the host that it repeats: of a URL that went wrong, that may be a piece of the password."""
    if "resolve host" in reason or "translate host name" in reason:
        return "its host's name is not known to the network"
    return _REPEATED_HOST.sub("", reason)


def _remedy_for_refused_login(message: str) -> str | None:
    """The remedy for an error that arrived while connecting, when libpq keeps the SQLSTATE to itself."""
    signs = {
        "password authentication failed": "28P01",
        "no password supplied": "28P01",
        "no pg_hba.conf entry": "28000",
        'role "': "28000",
    }
    for sign, state in signs.items():
        if sign in message:
            return _BEYOND_WAITING[state]
    if 'database "' in message and "does not exist" in message:
        return _BEYOND_WAITING["3D000"]
    return None


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error.orig).__name__
