"""What every page's handler answers with: a template filled in for whoever looks, or the way back with a notice."""

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mediaproc.core.access import Access
from mediaproc.core.errors import MediaprocError, PartMissing, Unavailable
from mediaproc.core.signed_text import read_signed, sign
from mediaproc.db.pauses import pauses_in_force
from mediaproc.web.preferences import LANGUAGE_COOKIE, THEME_COOKIE, Language, language_of, theme_of
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.site import origin_of, site_of
from mediaproc.web.texts import Texts, texts_in

# Seconds: the next page shows it, and no later one.
_NOTICE_LIFE = 60
_NOTICE = "notice"
_LONGEST_NOTICE = 1_000
# More than any form of ours has.
_MOST_FIELDS = 2_000
# The status of an answer from which on the database may be what failed.
_FAILED = 500

Tone = Literal["green", "amber", "red", "blue"]


class Page:
    """One request for a page, and the answers to it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._site = site_of(request)

    @property
    def language(self) -> Language:
        """What whoever looks reads."""
        return language_of(
            cookie=self._request.cookies.get(LANGUAGE_COOKIE),
            accept_language=self._request.headers.get("accept-language"),
        )

    @property
    def texts(self) -> Texts:
        """The texts in that language."""
        return texts_in(self.language)

    @property
    def address(self) -> str:
        """The path that was asked for, with its query, without the prefix."""
        path = self._request.url.path.removeprefix(self._site.prefix)
        return f"{path}?{self._request.url.query}" if self._request.url.query else path

    @property
    def origin(self) -> str:
        """How the server was asked for: scheme, host and port."""
        return origin_of(self._request)

    def show(self, template: str, *, access: Access | None, status: int = 200, **context: object) -> Response:
        """The page; a notice that waits is shown on it."""
        notice = self._notice()
        if access is not None and access.tenant is None and status < _FAILED:
            with self._site.read() as connection:
                context["paused"] = pauses_in_force(connection)
        if notice is not None:
            context |= {"notice": notice[1], "notice_tone": notice[0]}
        text = self._site.renderer.render(
            template,
            language=self.language,
            theme=theme_of(self._request.cookies.get(THEME_COOKIE)),
            access=access,
            path=self.address,
            **context,
        )
        response = HTMLResponse(text, status_code=status)
        if notice is not None:
            response.delete_cookie(_NOTICE, path="/", httponly=True, samesite="strict")
        return response

    def back(self, path: str, *, said: str = "", tone: Tone = "green") -> Response:
        """The way to a page of ours, which then shows what is said."""
        response = RedirectResponse(self._site.url(own_path(path)), status_code=303)
        if said:
            value = sign(f"{tone} {said[:_LONGEST_NOTICE]}", purpose=_NOTICE, key=self._site.key)
            response.set_cookie(_NOTICE, value, max_age=_NOTICE_LIFE, path="/", httponly=True, samesite="strict")
        return response

    def after(self, act: Callable[[], str], *, path: str) -> Response:
        """The way to a page of ours, which shows what the act told, or why it could not be done.

        Raises:
            Unavailable, PartMissing: a part does not answer, so that the page could not be shown either.
        """
        try:
            said = act()
        except (Unavailable, PartMissing):
            raise
        except MediaprocError as error:
            return self.back(path, said=str(error), tone="red")
        return self.back(path, said=said)

    def _notice(self) -> tuple[str, str] | None:
        value = self._request.cookies.get(_NOTICE)
        text = read_signed(value, purpose=_NOTICE, key=self._site.key) if value else None
        if text is None:
            return None
        tone, _, said = text.partition(" ")
        return tone, said


def own_path(path: str) -> str:
    """The path where it is one of this server's, else `/`: no address of another host can hide in it."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable() or "\\" in path:
        return "/"
    return path


class Form:
    """The fields of a form that was sent."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        """What the field holds, without blanks around it; nothing where there is none."""
        return next((value.strip() for each, value in self._fields if each == name), "")

    def all(self, name: str) -> list[str]:
        """What all fields of the name hold, such as ticked boxes."""
        return [value for each, value in self._fields if each == name]

    def back(self, otherwise: str) -> str:
        """The address of the page that the form stood on, which its hidden field `back` tells."""
        return own_path(self["back"] or otherwise)


async def _form_of(request: Request) -> Form:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Problem(ProblemKind.MALFORMED, "A form is expected here, as a page of this server sends it.")
    try:
        text = (await request.body()).decode("ascii")
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError:
        raise Problem(ProblemKind.MALFORMED, "The form cannot be read: send it from a page of this server.") from None


# A handler's parameters.
ThePage = Annotated[Page, Depends(Page)]
TheForm = Annotated[Form, Depends(_form_of)]
