"""Somebody with a login, who reads pages and presses their buttons as a browser without scripts does."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from tests.parts.serve import FROM_OUR_PAGE
from tests.web.server import Answer, Server

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a login, who reads and presses buttons."""

    server: Server
    secret: str

    def get(self, path: str) -> Answer:
        return self.server.get(path, headers={"Cookie": f"mediaproc={self.secret}", "Accept": "text/html"})

    def post(self, path: str, **fields: str | list[str]) -> Answer:
        headers = {**FROM_OUR_PAGE, "Cookie": f"mediaproc={self.secret}", "Content-Type": _FORM}
        return self.server.ask("POST", path, body=urlencode(fields, doseq=True).encode(), headers=headers)

    def after(self, path: str, **fields: str | list[str]) -> str:
        """The notice of the page that a button leads to."""
        return self.notice_after(self.post(path, **fields))

    def notice_after(self, answer: Answer) -> str:
        """The notice of the page that an answer leads to."""
        assert answer.status == 303, answer.text
        cookie = f"mediaproc={self.secret}; {answer.headers['Set-Cookie'].partition(';')[0]}"
        shown = self.server.get(answer.headers["Location"], headers={"Cookie": cookie, "Accept": "text/html"})
        assert shown.status == 200
        found = re.search(r'<div class="notice[^>]*><p>(.*?)</p>', shown.text, re.DOTALL)
        assert found is not None
        return found[1]

    def press(self, page: str, name: str, value: str, /, **filled_in: str | list[str]) -> Answer:
        """What is answered once the form with this field or button is sent, with what was filled in."""
        (form,) = [each for each in forms_of(page) if (name, value) in each.fields + each.buttons]
        return self.post(form.action, **(dict(form.fields) | {name: value} | filled_in))


@dataclass(frozen=True, kw_only=True)
class PageForm:
    """A form that posts: the fields that a browser would send as they are, and the buttons with a name."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


def forms_of(page: str) -> list[PageForm]:
    """The forms of a page that post."""
    reader = _FormReader()
    reader.feed(page)
    return reader.forms


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = told.get("method") == "post"
            if self._is_inside:
                self.forms.append(PageForm(action=told["action"]))
        elif self._is_inside and "name" in told:
            form, pair = self.forms[-1], (told["name"], told.get("value", ""))
            if tag == "button":
                form.buttons.append(pair)
            elif tag == "input" and (told.get("type") not in {"checkbox", "file"} or "checked" in told):
                form.fields.append(pair)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
