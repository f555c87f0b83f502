"""Before any handler: the name that is asked for, the origin of what changes something, sizes, rates, headers."""

import pytest

from mediaproc.core.access import Scope
from mediaproc.parts import Parts
from mediaproc.web.body_limits import LARGEST_BODY
from mediaproc.web.rate import Rate
from tests.web.server import Server, serving, site_of

TASKS = "/api/v1/tasks"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.evil.example"])
def test_another_name_than_the_sites_is_refused_before_any_route(server: Server, host: str) -> None:
    for path in (TASKS, "/", "/livez", "/nothing-here"):
        answer = server.get(path, headers={"Host": host})
        assert answer.status == 421, (path, answer.text)
        assert answer.json()["type"] == "/problems/wrong-host"


def test_each_of_the_sites_names_is_answered(server: Server) -> None:
    token = server.token(Scope.READ)
    for host in ("localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"):
        assert server.get(TASKS, token=token, headers={"Host": host}).status == 200


def test_a_name_with_a_port_is_that_port_alone(parts: Parts) -> None:
    with serving(site_of(parts, hosts=frozenset({"media.example:8443"}))) as server:
        assert server.get(TASKS, headers={"Host": "media.example:8443"}).status == 401
        assert server.get(TASKS, headers={"Host": "media.example"}).status == 421


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_what_changes_something_with_a_cookie_comes_from_a_page_of_ours(
    server: Server, headers: dict[str, str]
) -> None:
    cookie = {"Cookie": "mediaproc=anything"}
    refused = server.ask("POST", TASKS, headers=headers | cookie)
    assert (refused.status, refused.json()["type"]) == (403, "/problems/foreign-origin")
    # A form of a page that stands elsewhere may have no cookie yet: it is refused all the same.
    assert server.ask("POST", "/login", headers=headers).status == 403


@pytest.mark.parametrize("own", ["Sec-Fetch-Site", "Origin"])
def test_our_own_pages_and_bearers_of_tokens_are_let_through(server: Server, own: str) -> None:
    value = "same-origin" if own == "Sec-Fetch-Site" else server.url
    through = server.ask("POST", TASKS, headers={own: value, "Cookie": "mediaproc=anything"})
    assert through.status != 403
    token = server.token(Scope.ENQUEUE)
    assert server.ask("POST", TASKS, token=token, headers={"Sec-Fetch-Site": "cross-site"}).status != 403


def test_a_body_that_is_too_large_is_refused_whether_it_tells_its_length_or_not(server: Server) -> None:
    token = server.token(Scope.ADMIN)
    told = server.ask("POST", TASKS, token=token, body=b"x" * (LARGEST_BODY + 1))
    assert (told.status, told.json()["type"]) == (413, "/problems/too-large")
    untold = server.pool.request(
        "POST",
        server.url + TASKS,
        body=iter([b"x" * LARGEST_BODY, b"x"]),
        headers={"Authorization": f"Bearer {token}"},
        chunked=True,
    )
    assert (untold.status, untold.json()["type"]) == (413, "/problems/too-large")


def test_who_asks_too_often_is_told_when_to_come_again(parts: Parts) -> None:
    with serving(site_of(parts, request_rate=Rate(per_second=0.01, burst=3))) as server:
        answers = [server.get(TASKS) for _ in range(4)]
        assert [answer.status for answer in answers] == [401, 401, 401, 429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 101
        # Whoever looks whether it lives is never too early; no other address only ends like that.
        assert server.get("/livez").status != 429
        assert server.get("/upload/livez").status == 429


def test_who_guesses_tokens_is_slowed_down_and_a_good_one_is_not(parts: Parts) -> None:
    with serving(site_of(parts, login_rate=Rate(per_second=0.001, burst=3))) as server:
        good = server.token(Scope.READ)
        wrong = good[:-8] + ("0" * 8 if good[-8:] != "0" * 8 else "1" * 8)
        assert [server.get(TASKS, token=wrong).status for _ in range(4)] == [401, 401, 401, 429]
        assert server.get(TASKS, token=good).status == 200


def test_every_answer_carries_the_headers_that_confine_a_browser(server: Server) -> None:
    token = server.token(Scope.READ)
    for answer in (
        server.get(TASKS, token=token),
        server.get(TASKS),
        server.get("/nothing-here"),
        server.ask("PUT", TASKS, token=token),
        server.get(TASKS, headers={"Host": "evil.example"}),
        server.get(f"{TASKS}?limit=0", token=token),
    ):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], answer
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
