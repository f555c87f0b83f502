"""A problem as the answer to a request: for programs a document, for people a page; the sentence is the same."""

import json
from contextlib import suppress
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from mediaproc.core.errors import MediaprocError
from mediaproc.web.auth import authenticated
from mediaproc.web.capcut_mate.answers import is_call, problem_as_answer
from mediaproc.web.methods import allowed_methods
from mediaproc.web.page import Page
from mediaproc.web.problems import MEDIA_TYPE, RETRY_AFTER, Problem, ProblemKind, problem_of
from mediaproc.web.request_log import logged_path
from mediaproc.web.site import Site

# The status from which on the database may be what failed, which is not asked again then.
_FAILED = 500


def problem_response(request: Request, problem: Problem, *, site: Site) -> Response:
    """The problem as an answer; a person whom nobody knows is led to the login."""
    if is_call(request, site=site):
        return problem_as_answer(request, problem)
    if not _is_for_a_person(request, site=site):
        return Response(
            json.dumps(problem.document(prefix=site.prefix)),
            status_code=problem.kind.status,
            media_type=MEDIA_TYPE,
            headers=problem.headers,
        )
    page = Page(request)
    is_get = request.method in {"GET", "HEAD"}
    if problem.kind is ProblemKind.NOT_LOGGED_IN:
        wanted = f"?{urlencode({'next': page.address})}" if is_get else ""
        return RedirectResponse(site.url(f"/login{wanted}"), status_code=303)
    catches_up = is_get and problem.kind is ProblemKind.UNAVAILABLE
    answer = page.show(
        "problem.html",
        access=getattr(request.state, "access", None),
        status=problem.kind.status,
        kind=problem.kind,
        detail=problem.detail,
        errors=problem.errors,
        catches_up=catches_up,
    )
    answer.headers.update(problem.headers or {})
    if catches_up:
        # The browser asks again by itself, with or without scripts.
        answer.headers["Refresh"] = answer.headers.get("Retry-After", RETRY_AFTER)
    return answer


def add_problems(app: FastAPI, *, site: Site) -> None:
    """Let every error of a handler become its problem."""

    def answer(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.kind is ProblemKind.METHOD_NOT_ALLOWED:
            problem.headers = {"Allow": allowed_methods(request)}
        if problem.kind is ProblemKind.BUG:
            site.log.error(
                "request_failed", method=request.method, path=logged_path(request, site=site), exc_info=error
            )
        if problem.kind.status < _FAILED and _is_for_a_person(request, site=site):
            _recognize(request)
        return problem_response(request, problem, site=site)

    for kind in (Problem, MediaprocError, RequestValidationError, HTTPException, ClientDisconnect, Exception):
        app.add_exception_handler(kind, answer)


def _recognize(request: Request) -> None:
    """Find out who asks where no handler has, so that who is logged in keeps the way to every screen."""
    with suppress(Problem, MediaprocError):
        authenticated(request)


def _is_for_a_person(request: Request, *, site: Site) -> bool:
    path = request.url.path.removeprefix(site.prefix)
    return not path.startswith("/api/") and "text/html" in request.headers.get("accept", "")
