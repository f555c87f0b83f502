"""How a browser's session begins and ends: by a login link, which works once, or by a token."""

from mediaproc import randomness
from mediaproc.core.access import SECRET_BYTES, Access, Scope, digest
from mediaproc.db import audit
from mediaproc.db.access import login_links, sessions
from mediaproc.db.database import Connection, Database

# Who has logged in by a link: whoever started the server, or may read what it printed.
LINK_ACCESS = Access(scopes=frozenset({Scope.ADMIN}), tenant=None, actor="login link")


def make_login_link(database: Database) -> str:
    """The secret of a link that opens one session with all rights, within ten minutes."""
    secret = _new_secret()
    with database.write() as connection:
        login_links.add_login_link(connection, secret_sha256=digest(secret))
    return secret


def log_in_by_link(database: Database, *, secret: str) -> str | None:
    """Use the link up: the secret of a new session, for the cookie; None where it was used, is too old, or is none."""
    with database.write() as connection:
        if not login_links.use(connection, secret_sha256=digest(secret)):
            return None
        return _begin(connection, LINK_ACCESS)


def log_in(database: Database, *, access: Access) -> str:
    """The secret of a new session with the rights of this access, which a token gave; it ends with the token."""
    with database.write() as connection:
        return _begin(connection, access)


def log_out(database: Database, *, access: Access) -> None:
    """End the session of the request; a bearer of a token has none."""
    if access.session is None:
        return
    with database.write() as connection:
        sessions.end_session(connection, secret_sha256=access.session)
        audit.record(connection, actor=access.actor, act="log out", selection="", count=1)


def _begin(connection: Connection, access: Access) -> str:
    # Never one that the browser offered: whoever planted it there would be logged in too.
    secret = _new_secret()
    sessions.begin_session(connection, secret_sha256=digest(secret), access=access)
    audit.record(connection, actor=access.actor, act="log in", selection="", count=1)
    return secret


def _new_secret() -> str:
    return randomness.secret_bytes(SECRET_BYTES).hex()
