"""Whether a pooler shares a connection's session with other connections between its transactions."""

from enum import Enum, auto

from sqlalchemy import Connection, func, select

from mediaproc.core.errors import PartMissing
from mediaproc.db.database import Database
from mediaproc.db.engine import is_pooled
from mediaproc.db.faults import translated

_TRIES = 3
_PID = select(func.pg_backend_pid())


class Pooling(Enum):
    """What stands between a connection and the server."""

    NONE = auto()
    KEEPS_SESSIONS = auto()
    SHARES_SESSIONS = auto()


class SharedSession(PartMissing):
    """The session belongs to another connection with the next transaction, and with it its LISTEN and its locks."""

    def __init__(self) -> None:
        super().__init__(
            "The database is reached through a pooler in transaction mode, which keeps no session: point"
            " MEDIAPROC_DATABASE_URL at PostgreSQL itself, or at a pool in session mode."
        )


def find_pooling(database: Database) -> Pooling:
    """What stands between this process and the server.

    Raises:
        Unavailable, PartMissing: as a transaction of the database.
    """
    with translated(), database.engine.connect() as connection:
        return pooling_of(connection, database=database)


def require_own_session(connection: Connection, *, database: Database) -> None:
    """Passes when no pooler lends the connection's session to others.

    Raises:
        SharedSession: one does.
    """
    if pooling_of(connection, database=database) is Pooling.SHARES_SESSIONS:
        raise SharedSession


def pooling_of(connection: Connection, *, database: Database) -> Pooling:
    """What stands between the connection, on which no transaction may be open, and the server.

    A pooler in session mode keeps a session for each connection, one in transaction mode does not. Another connection
    tells them apart, which takes a session that is free: it cannot get one that the pooler keeps.
    """
    if not is_pooled(connection):
        return Pooling.NONE
    is_lent = any(_is_lent(connection, database=database) for _ in range(_TRIES))
    return Pooling.SHARES_SESSIONS if is_lent else Pooling.KEEPS_SESSIONS


def _is_lent(connection: Connection, *, database: Database) -> bool:
    before = _session(connection)
    # A pooler lends the session that was used last, or the one used longest ago: either way one of the two shows it.
    with database.engine.begin() as other:
        return other.scalar(_PID) == before or _session(connection) != before


def _session(connection: Connection) -> int | None:
    with connection.begin():
        return connection.scalar(_PID)
