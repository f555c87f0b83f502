"""Who may call capcut-mate's API: with a token of ours, or whoever reaches it, where the setting says so."""

from starlette.requests import Request

from mediaproc.core.access import Access, Scope
from mediaproc.core.capcut_mate.codes import Code
from mediaproc.web.auth import authenticated, token_access
from mediaproc.web.capcut_mate.answers import Refused
from mediaproc.web.problems import Problem
from mediaproc.web.rate import client_address
from mediaproc.web.site import Site

_OPEN = "open"
# Nobody in particular: what it hands in is no tenant's, and it sees what was handed in so.
_ANYBODY = Access(scopes=frozenset({Scope.ENQUEUE, Scope.READ}), tenant="", actor="capcut-mate")


def caller_of(request: Request, *, site: Site, scope: Scope, api_key: str | None = None) -> Access:
    """Who calls: by a bearer token, else by the `apiKey` of the body; no cookie counts.

    A site that is open takes calls without either, and does not look at an `apiKey` that is no token.

    Raises:
        Refused: nobody who may do that.
        Unavailable: the database.
    """
    access = _known(request, site=site, api_key=api_key)
    if access is None:
        raise Refused(Code.INVALID_KEY, "`mediaproc token create` makes one")
    if not access.allows(scope):
        raise Refused(Code.INVALID_KEY, f"it needs the right to {scope}")
    return access


def _known(request: Request, *, site: Site, api_key: str | None) -> Access | None:
    if "authorization" in request.headers:
        try:
            return authenticated(request)
        except Problem:
            return None
    access = token_access(site.parts.database, api_key) if api_key else None
    if access is None and site.parts.settings.capcut_mate == _OPEN:
        return _ANYBODY
    if access is None and api_key:
        # Only what failed is counted: whoever guesses is slowed down.
        site.login_rate.require(client_address(request))
    return access
