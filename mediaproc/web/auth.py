"""Whose request it is, and what its handler requires: a bearer token, or the cookie of a login.

A handler takes its caller as a parameter, of a type that says which right it needs: a route that names none has no
caller, and only those of `pages/login.py` and the like are so.
"""

from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from mediaproc.core.access import Access, Scope, Token, digest
from mediaproc.db.access import sessions, tokens
from mediaproc.db.database import Database
from mediaproc.web.cookies import session_secret
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.rate import client_address
from mediaproc.web.site import Site, site_of

_bearer = HTTPBearer(auto_error=False, description="A token that `mediaproc token create` printed.")


def access_of(
    scopes: SecurityScopes,
    request: Request,
    _credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Access:
    """What the caller may do, when that is enough.

    Raises:
        Problem: nobody knows the caller, or it may not do that.
        Unavailable: the database.
    """
    access = authenticated(request)
    for scope in map(Scope, scopes.scopes):
        if not access.allows(scope):
            raise Problem(
                ProblemKind.FORBIDDEN,
                f"This needs the right to {scope}, and {access.actor} may only {_listed(access)}.",
            )
    return access


# What a handler's parameter says of its caller.
Reader = Annotated[Access, Security(access_of, scopes=[Scope.READ])]
Operator = Annotated[Access, Security(access_of, scopes=[Scope.OPERATE])]
Admin = Annotated[Access, Security(access_of, scopes=[Scope.ADMIN])]
Uploader = Annotated[Access, Security(access_of, scopes=[Scope.ENQUEUE])]


def authenticated(request: Request) -> Access:
    """Who makes the request; looked up once for each.

    Raises:
        Problem: nobody knows.
    """
    known: Access | None = getattr(request.state, "access", None)
    if known is None:
        site = site_of(request)
        known = _looked_up(request, site=site)
        site.request_rate.require(known.actor)
        request.state.access = known
    return known


def _looked_up(request: Request, *, site: Site) -> Access:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme:
        access = token_access(site.parts.database, credential.strip()) if scheme.lower() == "bearer" else None
        refusal = "The token is not, or no longer, good: `mediaproc token create` makes one."
    else:
        access = _session_access(site.parts.database, session_secret(request))
        refusal = "You are not logged in: log in, or send a token as `Authorization: Bearer TOKEN`."
    if access is not None:
        return access
    if scheme:
        # Only what failed is counted: whoever guesses is slowed down, and nobody else behind the same address.
        site.login_rate.require(client_address(request))
    raise Problem(ProblemKind.NOT_LOGGED_IN, refusal, headers={"WWW-Authenticate": "Bearer"})


def token_access(database: Database, written: str) -> Access | None:
    """What the bearer of this text may do; None when it is no token that is good now.

    Raises:
        Unavailable: the database.
    """
    token = Token.parse(written)
    if token is None:
        return None
    with database.read() as connection:
        known = tokens.token_of(connection, token_id=token.id)
    if not token.matches(known.secret_sha256 if known else None) or known is None or not known.is_valid:
        return None
    if known.is_touch_due:
        with database.write(waits_for_standby=False) as connection:
            tokens.touch(connection, token_id=token.id)
    return known.access


def _session_access(database: Database, secret: str | None) -> Access | None:
    if not secret:
        return None
    with database.read() as connection:
        known = sessions.session_of(connection, secret_sha256=digest(secret))
    if known is not None and known.is_touch_due:
        with database.write(waits_for_standby=False) as connection:
            sessions.touch_session(connection, secret_sha256=digest(secret))
    return known.access if known else None


def _listed(access: Access) -> str:
    return " and ".join(sorted(access.scopes)) or "do nothing"
