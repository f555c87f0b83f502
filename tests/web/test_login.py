"""The way in: a link that works once, a token; the cookie that is got for it, and its end."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mediaproc.acts.logins import make_login_link
from mediaproc.core.access import Scope, Token
from mediaproc.db.access import tokens
from mediaproc.parts import Parts
from mediaproc.web.rate import Rate
from tests.parts.serve import Client
from tests.web.server import Server, serving, site_of


@pytest.fixture
def client(server: Server) -> Client:
    return Client(server.url)


def _link(server: Server) -> str:
    return make_login_link(server.site.parts.database)


def _session_of(client: Client) -> str:
    return str(client.cookie).partition("=")[2]


def test_the_cookie_is_for_this_server_alone_and_no_script_reads_it(server: Server, client: Client) -> None:
    attributes = client.log_in(_link(server)).headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes)
    assert not [each for each in attributes if each.startswith(("Domain", "Max-Age", "expires"))]
    assert re.fullmatch(r"mediaproc=[0-9a-f]{64}", attributes[0])


def test_each_login_has_a_new_secret_and_ends_the_session_before(server: Server, client: Client) -> None:
    client.log_in(_link(server))
    before = client.cookie
    client.log_in(_link(server))
    assert client.cookie != before
    assert client.get("/api/v1/tasks").status == 200
    client.cookie = before
    assert client.get("/api/v1/tasks").status == 401


def test_a_secret_that_somebody_else_chose_is_never_that_of_a_session(server: Server, client: Client) -> None:
    client.cookie = f"mediaproc={'0' * 64}"
    client.log_in(_link(server))
    assert _session_of(client) != "0" * 64


def test_of_many_who_use_a_link_one_gets_in(server: Server) -> None:
    link = _link(server)
    assert sorted(Client(server.url).log_in(link).status for _ in range(3)) == [303, 403, 403]


def test_a_token_gives_its_own_rights_and_ends_its_sessions_with_it(server: Server, client: Client) -> None:
    text = server.token(Scope.ENQUEUE)
    entered = client.ask("POST", "/login", form={"token": f" {text}\n", "next": "/problems/bug"})
    assert (entered.status, entered.headers["Location"]) == (303, "/problems/bug")
    client.cookie = entered.headers["Set-Cookie"].partition(";")[0]
    assert client.get("/api/v1/tasks").status == 403
    token = Token.parse(text)
    assert token is not None
    with server.site.parts.database.write() as connection:
        tokens.revoke(connection, ids=[token.id])
    assert client.get("/api/v1/tasks").status == 401


@pytest.mark.parametrize("form", [{"token": "mp_nothing"}, {"token": ""}, {}, {"once": "0" * 64}, {"once": "../x"}])
def test_what_opens_nothing_is_told_on_the_page(client: Client, form: dict[str, str]) -> None:
    refused = client.ask("POST", "/login", form=form)
    assert (refused.status, "Set-Cookie" in refused.headers) == (403, False)
    assert 'role="alert"' in refused.text


def test_after_the_way_out_the_cookie_is_worth_nothing(server: Server, client: Client) -> None:
    client.log_in(_link(server))
    left = client.ask("POST", "/logout", form={})
    assert (left.status, left.headers["Location"]) == (303, "/login")
    assert 'mediaproc=""' in left.headers["Set-Cookie"]
    assert client.get("/api/v1/tasks").status == 401
    assert client.ask("POST", "/logout", form={}).status == 303


def test_who_is_in_already_is_led_on(server: Server, client: Client) -> None:
    assert client.get("/login?next=/problems/bug", page=True).status == 200
    client.log_in(_link(server))
    assert client.get("/login?next=/problems/bug", page=True).headers["Location"] == "/problems/bug"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\..\\b",
        "evil",
        "",
        "/\n/x",
    ],
)
def test_nobody_is_led_to_another_server(server: Server, path: str) -> None:
    assert Client(server.url).log_in(_link(server), path=path).headers["Location"] == "/"


@pytest.fixture
def slow_server(own_parts: Parts) -> Iterator[Server]:
    """A server that takes tries to log in as one outside of tests does."""
    with serving(site_of(own_parts, login_rate=Rate(per_second=10 / 60, burst=10))) as server:
        yield server


def test_ten_tries_a_minute_and_no_more(slow_server: Server) -> None:
    client = Client(slow_server.url)
    program = {"Accept": "*/*"}
    tries = [
        client.ask("POST", "/login", form={"once": f"{number:064x}"}, headers=program).status for number in range(1000)
    ]
    assert tries[:10] == [403] * 10
    assert tries.count(403) <= 12
    assert set(tries[12:]) <= {403, 429}
    assert client.ask("POST", "/login", form={"token": slow_server.token(Scope.ADMIN)}).status == 429


def test_under_https_the_cookie_is_of_this_host_alone(parts: Parts) -> None:
    site = site_of(parts)
    with serving(site) as server:
        client = Client(server.url)
        # The test's server believes this machine, as one behind a proxy does that MEDIAPROC_WEB_PROXIES names.
        answer = client.ask("POST", "/login", form={"once": _link(server)}, headers={"X-Forwarded-Proto": "https"})
        attributes = answer.headers["Set-Cookie"].split("; ")
        assert attributes[0].startswith("__Host-mediaproc=")
        assert "Secure" in attributes


def test_under_a_prefix_every_way_leads_to_it(parts: Parts) -> None:
    with serving(replace(site_of(parts), prefix="/media")) as server:
        client = Client(f"{server.url}/media")
        sent = client.get("/problems/bug?x=1", page=True)
        assert sent.headers["Location"] == "/media/login?next=%2Fproblems%2Fbug%3Fx%3D1"
        assert client.log_in(_link(server), path="/problems/bug").headers["Location"] == "/media/problems/bug"
        page = client.get("/problems/bug", page=True)
        assert page.status == 200
        addresses = re.findall(r'(?:href|src|action)="([^"#]+)"', page.text)
        assert [each for each in addresses if not each.startswith("/media")] == []
        assert client.get(addresses[1].removeprefix("/media")).status == 200
