"""What is written to a connection: one request."""

import socket
from collections.abc import Mapping

from mediaproc.core.outbound_url import OutboundUrl
from mediaproc.guarded_http.receiving import remaining


def request(url: OutboundUrl, *, method: str, headers: Mapping[str, str], body: bytes | None = None) -> bytes:
    """The bytes of the request, after which the connection is closed."""
    every = {
        "Host": url.authority,
        "User-Agent": "mediaproc",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **({} if body is None else {"Content-Length": str(len(body))}),
        **headers,
    }
    lines = [f"{method} {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in every.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header has a line end in it")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (body or b"")


def send(connection: socket.socket, written: bytes, *, until: float) -> None:
    """Send all of it.

    Raises:
        TimeoutError: it took longer.
    """
    unsent = memoryview(written)
    while unsent:
        connection.settimeout(remaining(until))
        unsent = unsent[connection.send(unsent) :]
