"""The slow link of the benches: bytes come whole, late, and no faster than its rate, over however many connections."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.parts.slow_link import SlowLink, slow_link


@pytest.fixture
def link() -> Iterator[SlowLink]:
    """A link to a server that sends back what it gets, on each of two connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        with slow_link(server.getsockname()[1]) as link:
            yield link


def _echo(server: socket.socket) -> None:
    for _ in range(2):
        client, _ = server.accept()
        with client:
            while piece := client.recv(65536):
                client.sendall(piece)


def _come_back(link: SlowLink, message: bytes) -> float:
    """Seconds until all of it is there again, byte for byte."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", link.port)) as client:
        threading.Thread(target=client.sendall, args=(message,), daemon=True).start()
        received = b""
        while len(received) < len(message):
            received += client.recv(65536)
        assert received == message
    return time.monotonic() - begun


def test_an_answer_comes_after_the_handshake_and_both_ways(link: SlowLink) -> None:
    assert _come_back(link, b"?") >= 4 * link.latency


def test_all_connections_share_the_rate(link: SlowLink) -> None:
    message = bytes(range(256)) * 1_000
    begun = time.monotonic()
    both = [threading.Thread(target=_come_back, args=(link, message)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert time.monotonic() - begun >= 2 * len(message) / link.bytes_per_second
