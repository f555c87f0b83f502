"""What a proxy says of the client is believed where that proxy is trusted, and changes nothing elsewhere."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from mediaproc.acts.logins import make_login_link
from mediaproc.core.listen_address import ListenAddress
from mediaproc.listening_socket import address_of, listening_socket
from mediaproc.parts import Parts
from mediaproc.serve.http_server import HttpServer
from mediaproc.web.app import make_app
from mediaproc.web.rate import Rate
from tests.parts.serve import Client
from tests.web.server import site_of


@contextmanager
def _answering(parts: Parts, *, proxies: Sequence[str]) -> Iterator[Client]:
    """A client of a server that lets each address try to log in three times."""
    site = site_of(parts, login_rate=Rate(per_second=0.001, burst=3))
    with listening_socket(ListenAddress("127.0.0.1", 0), backlog=8, setting="NONE") as listening:
        server = HttpServer(make_app(site), listening=listening, proxies=proxies)
        server.start()
        try:
            yield Client(f"http://{address_of(listening)}")
        finally:
            server.end(hurry=threading.Event())
    assert server.failed is None
    assert server.has_ended


def _tries(client: Client) -> list[int]:
    """What the tries of one who says each time to be another get."""
    return [
        client.ask("POST", "/login", form={"once": "x"}, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status
        for number in range(5)
    ]


@pytest.mark.parametrize("proxies", [(), ("203.0.113.0/24",)], ids=["none", "another"])
def test_what_nobody_vouches_for_changes_neither_limit_nor_log_nor_cookie(parts: Parts, proxies: Sequence[str]) -> None:
    with capture_logs() as lines, _answering(parts, proxies=proxies) as client:
        forwarded = {"X-Forwarded-Proto": "https", "Forwarded": "for=203.0.113.9;proto=https"}
        link = make_login_link(parts.database)
        entered = client.ask("POST", "/login", form={"once": link}, headers=forwarded)
        assert entered.headers["Set-Cookie"].startswith("mediaproc=")
        assert _tries(client) == [403, 403, 429, 429, 429]
    assert {line["address"] for line in lines if line["event"] == "request"} == {"127.0.0.1"}


def test_a_trusted_proxy_tells_whom_it_speaks_for(parts: Parts) -> None:
    with capture_logs() as lines, _answering(parts, proxies=("127.0.0.0/8",)) as client:
        assert _tries(client) == [403] * 5
        # What a client put before it is not the proxy's word.
        client.ask("GET", "/login", headers={"X-Forwarded-For": "10.1.1.1, 203.0.113.77"})
    addresses = [line["address"] for line in lines if line["event"] == "request"]
    assert addresses == [*(f"203.0.113.{number}" for number in range(5)), "203.0.113.77"]


def test_nothing_says_which_program_answers(parts: Parts) -> None:
    with _answering(parts, proxies=()) as client:
        assert "Server" not in client.get("/livez").headers
