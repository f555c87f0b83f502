"""The database's URL, checked before the first connection, so that a wrong one is refused at once."""

import psycopg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mediaproc.core.errors import WrongUse

_PORTS = range(1, 65_536)


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
    # SQLAlchemy ends the password at its first @ and takes the rest for the host.
    if "@" in (parsed.host or ""):
        raise _wrong("has more than one @ (such a character in the password is written %40)")
    if not _is_name_of_hosts(parsed.host or ""):
        raise _wrong("names a host that cannot be one")
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


def user_and_password(url: str) -> tuple[str, str]:
    """The user of the URL and the password.

    Raises:
        WrongUse: it is no PostgreSQL URL, or lacks one of the two.
    """
    parsed = parse_url(url)
    if not parsed.username or not parsed.password:
        raise _wrong("has no user or no password")
    return parsed.username, parsed.password


def whereabouts(url: URL) -> str:
    """The server and the database, for people; no user, no password."""
    host = url.host or url.query.get("host") or "the local socket"
    return f"{host}{f':{url.port}' if url.port else ''}, database {url.database}"


def _is_name_of_hosts(names: str) -> bool:
    """Whether psycopg can look the hosts up: it cannot where a name has an empty or an overlong label between dots."""
    try:
        for name in names.split(","):
            # A name that begins so is a folder of sockets.
            if not name.startswith("/"):
                name.encode("idna")
    except UnicodeError:
        return False
    return True


def _libpq_options() -> set[str]:
    return {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}


def _wrong(what: str) -> WrongUse:
    return WrongUse(f"MEDIAPROC_DATABASE_URL {what}: write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE.")
