"""What others were hurt by, tried on the API: forged requests, guesses, long looks, acts without a line of audit."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from mediaproc import randomness
from mediaproc.core.access import SECRET_BYTES, Access, Scope, Token, digest
from mediaproc.db.access import sessions
from tests.web.api.conftest import ApiSite

API = "/api/v1"


def _session(api: ApiSite) -> dict[str, str]:
    secret = randomness.secret_bytes(SECRET_BYTES).hex()
    with api.engine.begin() as connection:
        access = Access(scopes=frozenset(Scope), tenant=None, actor="ann")
        sessions.begin_session(connection, secret_sha256=digest(secret), access=access)
    return {"Cookie": f"mediaproc={secret}"}


@pytest.mark.parametrize(
    "origin",
    [
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {},
    ],
)  # fmt: skip
def test_another_site_changes_nothing_with_the_cookie_of_a_browser(api: ApiSite, origin: dict[str, str]) -> None:
    (task,) = api.add(f"forged-{origin}")
    cookie = _session(api)
    for method, path, body in (
        ("POST", f"/tasks/{task}/cancel", None),
        ("POST", "/bulk", {"action": "cancel", "selection": str(task), "expect": 1}),
        ("DELETE", "/tokens/000000000000", None),
        ("PATCH", "/schedules/tick", {"paused": True}),
    ):
        answer = api.server.ask(method, API + path, body=body, headers=cookie | origin)
        assert (answer.status, answer.json()["type"]) == (403, "/problems/foreign-origin")
    assert api.status(task) == "pending"
    own = api.server.ask("POST", f"{API}/tasks/{task}/cancel", headers=cookie | {"Sec-Fetch-Site": "same-origin"})
    assert (own.status, api.status(task)) == (200, None)


def test_nothing_that_is_only_asked_for_changes_anything(api: ApiSite) -> None:
    (task,) = api.add("asked")
    for path in ("cancel", "retry", "reject", "priority"):
        assert api.server.get(f"{API}/tasks/{task}/{path}", token=api.admin).status == 405
    assert api.status(task) == "pending"


def test_no_other_origin_is_let_to_read(api: ApiSite) -> None:
    answer = api.server.get(f"{API}/tasks", token=api.reader, headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@contextmanager
def _statements(api: ApiSite) -> Iterator[list[str]]:
    made: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        made.append(statement)

    event.listen(api.engine, "before_cursor_execute", note)
    yield made
    event.remove(api.engine, "before_cursor_execute", note)


def test_an_id_that_is_known_is_refused_with_as_much_work_as_one_that_is_not(api: ApiSite) -> None:
    known = Token.parse(api.server.token(Scope.ADMIN))
    assert known is not None
    work = []
    for token in (Token(id=known.id, secret="0" * 64), Token(id="0" * 12, secret="0" * 64)):
        with _statements(api) as made:
            answer = api.server.get(f"{API}/tasks", token=token.text)
        work.append((answer.status, answer.body, made))
    assert work[0] == work[1]
    assert len(work[0][2]) == 1


def test_a_look_that_takes_long_is_ended_and_told_as_unavailable(api: ApiSite) -> None:
    with api.engine.begin() as connection:
        connection.execute(text("LOCK TABLE media_process"))
        answer = api.server.get(f"{API}/backlog", token=api.reader)
    assert (answer.status, answer.json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_selection_that_takes_long_to_find_is_told_how_to_be_found(api: ApiSite) -> None:
    with api.engine.begin() as connection:
        connection.execute(text("LOCK TABLE media_process"))
        answer = api.server.get(f"{API}/tasks?name=x", token=api.reader)
    assert answer.status == 400
    assert "were not found within 2 s: add a word that leaves fewer to look through" in answer.json()["detail"]


@pytest.mark.parametrize(("act", "body"), [("cancel", None), ("retry", None), ("priority", {"priority": 9})])
def test_an_act_and_its_line_of_audit_are_both_there_or_neither(api: ApiSite, act: str, body: object) -> None:
    (task,) = api.add(f"audited-{act}")
    before = api.server.get(f"{API}/tasks/{task}", token=api.reader)
    with api.engine.begin() as connection:
        connection.execute(text("ALTER TABLE media_audit ADD CONSTRAINT full_disk CHECK (false) NOT VALID"))
    try:
        answer = api.server.ask("POST", f"{API}/tasks/{task}/{act}", token=api.operator, body=body)
    finally:
        with api.engine.begin() as connection:
            connection.execute(text("ALTER TABLE media_audit DROP CONSTRAINT full_disk"))
    assert (answer.status, answer.json()["type"]) == (500, "/problems/bug")
    assert "Traceback" not in answer.text
    assert "full_disk" not in answer.text
    assert api.server.get(f"{API}/tasks/{task}", token=api.reader).headers["ETag"] == before.headers["ETag"]


def test_a_body_that_never_ends_is_not_kept(api: ApiSite) -> None:
    host, _, port = api.server.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.putrequest("POST", f"{API}/bulk")
    for name, value in (
        ("Authorization", f"Bearer {api.operator}"), ("Transfer-Encoding", "chunked"),
        ("Content-Type", "application/json"),
    ):  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders()
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    try:
        for _ in range(64):
            connection.send(piece)
        connection.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        # It answered and hung up before all was sent.
        pass
    else:
        assert connection.getresponse().status == 413
    connection.close()
