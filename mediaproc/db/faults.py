"""Translate the errors of PostgreSQL and of the network to it: one sentence each, and by whose fault it is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mediaproc.core.errors import ErrorClass, MediaprocError, PartMissing, Unavailable, WrongUse

_FORBIDDEN = "42501"

# SQLSTATEs that waiting cannot mend, each with what to do.
_BEYOND_WAITING = {
    "28P01": "the password is wrong: correct it in MEDIAPROC_DATABASE_URL",
    "28000": "the server does not let this user in: check MEDIAPROC_DATABASE_URL and pg_hba.conf",
    "3D000": "there is no such database: create it, or correct MEDIAPROC_DATABASE_URL",
    "42P01": "its tables are not there: run `mediaproc migrate`",
    "3F000": "its schema is not there: run `mediaproc migrate`",
    "42703": "its tables are of another version: run `mediaproc migrate`",
    _FORBIDDEN: (
        "this user may not do that: `mediaproc grants` prints what an executor, an enqueuer and an operator need;"
        " `mediaproc migrate` needs CREATE on the database and on its schema public, and owns what it made"
    ),
}

# How libpq's sentences begin that repeat the host, and those that refuse a value of the URL.
_REPEATED_HOST = re.compile(r'connection (failed|is bad): connection to server (at|on socket) ".*?".*? failed: ')
_REFUSED_VALUE = re.compile(
    r'connection is bad: (invalid "?(?P<option>\w+)"? (value|number): "'
    r'|could not parse network address "|definition of service "|invalid integer value ")'
)

# The class of SQLSTATEs of a server whose own files or memory are damaged.
_INTERNAL = "XX"


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
    state = _sqlstate(error) or ""
    remedy = _BEYOND_WAITING.get(state) or _remedy_for_refused_login(str(error.orig))
    if remedy:
        # The reason names a table or a schema.
        named = f" ({reason})" if state == _FORBIDDEN else ""
        return PartMissing(f"The database refuses{named}: {remedy}.")
    return Unavailable(
        f"The database does not answer ({_without_host(reason)}).",
        error_class=ErrorClass.DATABASE_UNAVAILABLE,
    )


def _without_host(reason: str) -> str:
    """The sentence of libpq without the host: of a malformed URL, the host may be a piece of the password."""
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
