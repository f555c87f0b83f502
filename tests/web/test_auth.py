"""Whose request it is, and that each route has what it requires."""

import pytest

from mediaproc.core.access import Scope, Token
from mediaproc.db.access import tokens
from tests.web.server import Server

TASKS = "/api/v1/tasks"


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YWRtaW46YWRtaW4=",
        f"Bearer mp_{'0' * 12}_{'0' * 64}",
        "Bearer mp_\x7f",
    ],
)
def test_what_is_no_token_that_is_good_is_refused(server: Server, credential: str) -> None:
    answer = server.get(TASKS, headers={"Authorization": credential} if credential else {})
    assert (answer.status, answer.json()["type"]) == (401, "/problems/not-logged-in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_with_another_secret_is_refused(server: Server) -> None:
    good = Token.parse(server.token(Scope.ADMIN))
    assert good is not None
    assert server.get(TASKS, token=good.text).status == 200
    assert server.get(TASKS, token=Token(id=good.id, secret="0" * 64).text).status == 401


def test_a_token_that_was_revoked_is_refused_at_once(server: Server) -> None:
    text = server.token(Scope.READ)
    assert server.get(TASKS, token=text).status == 200
    token = Token.parse(text)
    assert token is not None
    with server.site.parts.database.write() as connection:
        assert tokens.revoke(connection, ids=[token.id]) == 1
    assert server.get(TASKS, token=text).status == 401


def test_a_right_that_is_not_given_is_named(server: Server) -> None:
    answer = server.get(TASKS, token=server.token(Scope.ENQUEUE))
    assert (answer.status, answer.json()["type"]) == (403, "/problems/forbidden")
    assert "read" in answer.json()["detail"]
