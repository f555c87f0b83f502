"""What a page's handler answers with: the way back leads nowhere else, and what is said there was said by us."""

from dataclasses import replace

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from mediaproc.web.page import Form, TheForm, ThePage, own_path
from tests.web.server import Server, serving


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "", "tasks",
     "/a\r\nSet-Cookie: x", "/%0d\n", "\\\\evil.example", "/\x00"],
)  # fmt: skip
def test_the_way_back_leads_to_no_other_server(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize("path", ["/", "/tasks?q=status:failed", "/tasks/17#log"])
def test_the_way_back_leads_to_a_page_of_ours(path: str) -> None:
    assert own_path(path) == path


def test_a_field_is_read_without_blanks_and_a_box_as_often_as_it_is_ticked() -> None:
    form = Form([("because", " it is \n"), ("id", "1"), ("id", "2")])
    assert (form["because"], form["nothing"], form.all("id"), form.all("nothing")) == ("it is", "", ["1", "2"], [])


def _with_an_echo(app: FastAPI) -> FastAPI:
    """The application, and a page that says what it was sent."""
    router = APIRouter()

    @router.post("/echo", response_model=None)
    def echo(page: ThePage, form: TheForm) -> Response:
        return page.back("/login", said=form["said"])

    app.include_router(router)
    return app


def test_a_form_of_another_kind_and_one_that_is_broken_are_refused(server: Server) -> None:
    with serving(replace(server.site), changed=_with_an_echo) as echo:
        own = {"Origin": echo.url}
        form = own | {"Content-Type": "application/x-www-form-urlencoded"}
        for headers, body in ((own, b"said=x"), (form, b"said=\xff"), (form, b"said=%ff"), (form, b"a&" * 3_000)):
            assert echo.ask("POST", "/echo", headers=headers, body=body).status == 400, body
        answer = echo.ask("POST", "/echo", headers=form, body=b"said=done")
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
        assert "HttpOnly" in answer.headers["Set-Cookie"]
