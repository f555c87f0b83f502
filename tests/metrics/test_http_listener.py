"""The listener answers what it knows, refuses the rest, and no client keeps it from answering the next one."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mediaproc import log
from mediaproc.core.errors import PartMissing
from mediaproc.core.listen_address import ListenAddress
from mediaproc.metrics import http_listener
from mediaproc.metrics.http_listener import LARGEST_REQUEST, MOST_CONNECTIONS, Answer, HttpListener
from tests.parts.waiting import until


def _fail() -> Answer:
    raise ZeroDivisionError


@pytest.fixture
def listener() -> Iterator[HttpListener]:
    answers = {"/metrics": lambda: Answer(body=b"all of it\n"), "/bug": _fail}
    one = HttpListener(ListenAddress("127.0.0.1", 0), answers=answers, log=log.get())
    one.start()
    yield one
    one.end()


def connected(listener: HttpListener) -> socket.socket:
    return socket.create_connection((listener.address.host, listener.address.port), timeout=60)


def asked(listener: HttpListener, request: bytes) -> bytes:
    """All that comes back until the listener closes the connection."""
    with connected(listener) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b""))


def status_of(listener: HttpListener, request: bytes) -> int:
    return int(asked(listener, request).split(b" ")[1])


def test_get_has_the_body_and_head_has_none(listener: HttpListener) -> None:
    head, _, body = asked(listener, b"GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (b"Content-Length: 10" in head, body) == (True, b"all of it\n")
    assert asked(listener, b"HEAD /metrics HTTP/1.0\r\n\r\n") == head + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /metrics/../etc/passwd HTTP/1.1\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\n", 405),
        (b"DELETE /metrics HTTP/1.1\r\n\r\n", 405),
        (b"GET /metrics\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\xff\xfe\r\n\r\n", 400),
        (b"GET /metrics HTTP/2.0\r\n\r\n", 400),
        (b"GET /bug HTTP/1.1\r\n\r\n", 500),
        (b"GET /" + b"a" * LARGEST_REQUEST, 431),
    ],
)
def test_what_it_does_not_know_is_refused(listener: HttpListener, request_: bytes, status: int) -> None:
    assert status_of(listener, request_) == status
    assert status_of(listener, b"GET /metrics HTTP/1.1\r\n\r\n") == 200


def test_a_client_that_goes_away_in_the_middle_is_forgotten(listener: HttpListener) -> None:
    for _ in range(3 * MOST_CONNECTIONS):
        with connected(listener) as client:
            client.sendall(b"GET /met")
    until(lambda: status_is(listener, 200))


def test_clients_that_send_nothing_are_ended_and_others_are_turned_away_meanwhile(
    listener: HttpListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_listener, "DEADLINE", 3600.0)
    with ExitStack() as silent:
        for _ in range(MOST_CONNECTIONS):
            silent.enter_context(connected(listener))
        until(lambda: not status_is(listener, 200))
    until(lambda: status_is(listener, 200))


def test_a_client_that_sends_byte_by_byte_has_one_deadline_for_all(
    listener: HttpListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_listener, "DEADLINE", 0.2)
    with connected(listener) as client:
        client.sendall(b"G")
        assert b"408" in client.recv(4096)


def status_is(listener: HttpListener, status: int) -> bool:
    try:
        return status_of(listener, b"GET /metrics HTTP/1.1\r\n\r\n") == status
    except (OSError, IndexError):
        return False


def test_an_address_that_is_taken_is_told(listener: HttpListener) -> None:
    with pytest.raises(PartMissing, match="give MEDIAPROC_METRICS a free port"):
        HttpListener(listener.address, answers={}, log=log.get())
    with pytest.raises(PartMissing, match="cannot be listened on"):
        HttpListener(ListenAddress("192.0.2.1", 0), answers={}, log=log.get())
    with pytest.raises(PartMissing, match="cannot be listened on"):
        HttpListener(ListenAddress("no-such-host.invalid", 9464), answers={}, log=log.get())


def test_the_address_is_free_again_at_the_end(listener: HttpListener) -> None:
    address = listener.address
    assert status_is(listener, 200)
    listener.end()
    again = HttpListener(address, answers={}, log=log.get())
    again.start()
    again.end()
