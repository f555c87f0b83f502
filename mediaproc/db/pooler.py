"""Whether a session is one's own, or a pooler lends it to others between its transactions."""

from sqlalchemy import Connection, Engine, func, select

from mediaproc.core.errors import PartMissing
from mediaproc.db.engine import is_pooled

_TRIES = 3


class SharedSession(PartMissing):
    """What lives in a session, its LISTEN and its locks, would be somebody else's with the next transaction."""

    def __init__(self) -> None:
        super().__init__(
            "The database is reached through a pooler in transaction mode, which keeps no session: point"
            " MEDIAPROC_DATABASE_URL at PostgreSQL itself, or at a pool in session mode."
        )


def require_own_session(connection: Connection, *, engine: Engine) -> None:
    """As `is_shared`.

    Raises:
        SharedSession: it is.
    """
    if is_shared(connection, engine=engine):
        raise SharedSession


def is_shared(connection: Connection, *, engine: Engine) -> bool:
    """Whether the connection, on which no transaction may be open, has no session of its own on the server.

    A pooler in session mode keeps a session for each connection, one in transaction mode does not. It is found out by
    another connection of the engine that takes what is free: nobody can take a session that is kept.
    """
    return is_pooled(connection) and any(_is_lent(connection, engine=engine) for _ in range(_TRIES))


def _is_lent(connection: Connection, *, engine: Engine) -> bool:
    before = _session(connection)
    # A pooler lends first what was used last, or what was used longest ago: either way one of the two looks differs.
    with engine.begin() as other:
        return other.scalar(_PID) == before or _session(connection) != before


def _session(connection: Connection) -> int | None:
    with connection.begin():
        return connection.scalar(_PID)


_PID = select(func.pg_backend_pid())
