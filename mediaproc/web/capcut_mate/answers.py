"""Answers as capcut-mate gives them: one flat object with a code and a message, whatever happened."""

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mediaproc.core.capcut_mate.codes import Code, language_of
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.site import Site

PREFIX = "/openapi/capcut-mate"

_CODES: Mapping[ProblemKind, Code] = {
    ProblemKind.INVALID: Code.INVALID_PARAMETER,
    ProblemKind.MALFORMED: Code.INVALID_PARAMETER,
    ProblemKind.TOO_LARGE: Code.INVALID_PARAMETER,
    ProblemKind.NOT_LOGGED_IN: Code.INVALID_KEY,
    ProblemKind.FORBIDDEN: Code.INVALID_KEY,
    ProblemKind.NOT_FOUND: Code.NOT_FOUND,
}


class Refused(Exception):
    """The call ends with this code; `detail` goes behind its sentence."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def is_call(request: Request, *, site: Site) -> bool:
    """Whether the request is one of capcut-mate's API, which the site answers."""
    path = request.url.path.removeprefix(site.prefix)
    return site.parts.settings.capcut_mate != "off" and path.startswith(f"{PREFIX}/")


def answered(request: Request, fields: Mapping[str, object]) -> Response:
    """What was asked for; a `message` among the fields replaces the usual one."""
    return JSONResponse({**Code.SUCCESS.answer(language=_language(request)), **fields})


def refusal(request: Request, refused: Refused) -> Response:
    """Why it is not done."""
    return JSONResponse(dict(refused.code.answer(language=_language(request), detail=refused.detail)))


def problem_as_answer(request: Request, problem: Problem) -> Response:
    """A problem of the server's own, such as a body that is no JSON."""
    code = _CODES.get(problem.kind, Code.INTERNAL)
    return JSONResponse(
        dict(code.answer(language=_language(request), detail=str(problem.detail))), headers=problem.headers
    )


def local_time(moment: datetime | float | None) -> str | None:
    """As there: without a zone, in that of this machine; a number is of seconds since 1970."""
    if isinstance(moment, float):
        moment = datetime.fromtimestamp(moment, tz=UTC)
    return None if moment is None else moment.astimezone().replace(tzinfo=None).isoformat()


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))
