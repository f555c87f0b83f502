"""Log in, by a link that works once or by a token, and out; anybody may ask for these."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from mediaproc.acts import logins
from mediaproc.core.access import Access
from mediaproc.web.auth import authenticated, token_access
from mediaproc.web.cookies import delete_session, set_session
from mediaproc.web.page import TheForm, ThePage
from mediaproc.web.problems import Problem
from mediaproc.web.rate import client_address
from mediaproc.web.site import Site, TheSite

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login(
    request: Request,
    page: ThePage,
    once: Annotated[str, Query(max_length=200)] = "",
    path: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    """A button that uses the link up, so that nothing which only fetches the page does; without a link a form."""
    if not once and _known(request) is not None:
        return page.back(path)
    return page.show("login.html", access=None, once=once, next=path, refused="")


@router.post("/login")
def begin(request: Request, site: TheSite, page: ThePage, form: TheForm) -> Response:
    """The page that was wanted, with the cookie of a new session."""
    site.login_rate.require(client_address(request))
    secret = _secret_for(site, once=form["once"], token=form["token"])
    if secret is None:
        refused = "login.link_is_over" if form["once"] else "login.token_is_wrong"
        return page.show("login.html", access=None, status=403, once="", next=form["next"], refused=refused)
    _end(request, site)
    answer = page.back(form["next"])
    set_session(request, answer, secret)
    return answer


@router.post("/logout")
def end(request: Request, site: TheSite, page: ThePage) -> Response:
    """The login again, and the cookie is worth nothing."""
    _end(request, site)
    answer = page.back("/login")
    delete_session(request, answer)
    return answer


def _secret_for(site: Site, *, once: str, token: str) -> str | None:
    if once:
        return logins.log_in_by_link(site.parts.database, secret=once)
    access = token_access(site.parts.database, token)
    return logins.log_in(site.parts.database, access=access) if access else None


def _end(request: Request, site: Site) -> None:
    """End the session that the request came with: whoever knew its secret has nothing of the next one."""
    access = _known(request)
    if access is not None:
        logins.log_out(site.parts.database, access=access)


def _known(request: Request) -> Access | None:
    try:
        return authenticated(request)
    except Problem:
        return None
