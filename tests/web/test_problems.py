"""Every error is a problem as RFC 9457 has it, with the sentence that a terminal would show."""

from dataclasses import replace

import pytest

from mediaproc.core.access import Scope
from mediaproc.core.errors import ErrorClass, MediaprocError, PartMissing, Unavailable, WrongUse
from mediaproc.parts import Parts
from mediaproc.web.problems import problem_of
from tests.web.server import Server, serving, site_of, token_of

TASKS = "/api/v1/tasks"


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (WrongUse("A."), 400, "malformed"),
        (MediaprocError("A."), 409, "conflict"),
        (Unavailable("A.", error_class=ErrorClass.DATABASE_UNAVAILABLE), 503, "unavailable"),
        (Unavailable("A.", error_class=ErrorClass.DISK_FULL), 507, "disk-full"),
        (PartMissing("A."), 503, "part-missing"),
    ],
    ids=repr,
)
def test_an_error_of_the_core_has_its_status_and_keeps_its_sentence(error: Exception, status: int, slug: str) -> None:
    problem = problem_of(error)
    assert problem.document(prefix="/media") == {
        "type": f"/media/problems/{slug}",
        "title": problem.kind.title,
        "status": status,
        "detail": "A.",
    }
    assert ("Retry-After" in (problem.headers or {})) == (status == 503)


def test_a_bug_tells_nothing_of_what_it_is() -> None:
    problem = problem_of(RuntimeError("the password is 1234"))
    assert problem.kind.status == 500
    assert "1234" not in problem.detail


def test_a_wrong_word_a_wrong_value_and_a_wrong_address_are_told(server: Server) -> None:
    token = server.token(Scope.READ)
    word = server.get(f"{TASKS}?q=colour:red", token=token)
    assert (word.status, word.headers["Content-Type"]) == (400, "application/problem+json")
    assert "colour" in word.json()["detail"]
    value = server.get(f"{TASKS}?limit=1000", token=token)
    assert (value.status, value.json()["errors"][0]["field"]) == (422, "query.limit")
    assert server.get("/api/v1/nothing", token=token).json()["type"] == "/problems/not-found"
    assert server.ask("DELETE", TASKS, token=token).json()["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize(
    ("body", "media_type", "sentence"),
    [
        (b"{bad", "application/json", "body: it is no JSON: "),
        (b'{"a": 1}', "application/x-www-form-urlencoded", "sent with Content-Type: application/json."),
        (b"[]", "application/json", "body: a JSON object is needed"),
        (b"", "application/json", "body: a JSON object is needed"),
    ],
    ids=["no json", "a form", "no object", "nothing"],
)
def test_a_body_that_is_no_json_object_is_told_as_that(
    server: Server, body: bytes, media_type: str, sentence: str
) -> None:
    headers = {"Content-Type": media_type}
    answer = server.ask("POST", "/api/v1/bulk", token=server.token(Scope.ADMIN), body=body, headers=headers)
    assert answer.status == 422
    assert sentence in answer.json()["detail"]
    assert [each["field"] for each in answer.json()["errors"]] == ["body"]


def test_without_a_database_it_says_so_and_when_to_come_again(parts: Parts, broken_parts: Parts) -> None:
    site = site_of(parts)
    token = token_of(site, Scope.READ)
    with serving(replace(site, parts=broken_parts)) as server:
        answer = server.get(TASKS, token=token)
        assert (answer.status, answer.json()["type"]) == (503, "/problems/unavailable")
        assert int(answer.headers["Retry-After"]) > 0


def test_a_method_that_an_address_does_not_take_is_told_with_those_that_it_takes(server: Server) -> None:
    for path, allowed in (("/api/v1/pauses", "GET, POST, DELETE"), ("/api/v1/tasks/7/cancel", "POST")):
        answer = server.ask("PUT", path, token=server.token(Scope.ADMIN))
        assert (answer.status, answer.headers["Allow"]) == (405, allowed)
