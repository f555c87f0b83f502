"""The language and the theme that a reader chooses; anybody may."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from mediaproc.web.page import TheForm, ThePage
from mediaproc.web.preferences import LANGUAGE_COOKIE, THEME_COOKIE, Language, Theme

router = APIRouter(include_in_schema=False)

_YEAR = 365 * 86_400
_CHOICES = (("language", LANGUAGE_COOKIE, frozenset(Language)), ("theme", THEME_COOKIE, frozenset(Theme)))


@router.post("/preferences")
def choose(request: Request, page: ThePage, form: TheForm) -> Response:
    """The page that it was chosen on; what is no choice changes nothing."""
    answer = page.back(form["back"])
    for field, cookie, values in _CHOICES:
        if form[field] in values:
            answer.set_cookie(
                cookie,
                form[field],
                max_age=_YEAR,
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )
    return answer
