"""A reader of a server's events, over a connection of its own."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.web.server import Server

PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Event:
    """What one event told."""

    name: str
    data: str
    id: str

    def json(self) -> Any:  # noqa: ANN401
        """The object in it."""
        return json.loads(self.data)


class EventReader:
    """Reads no more than it is asked for: what it leaves stays with the server."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer

    def events(self, *, comments: bool = False) -> Iterator[Event]:
        """The events until the stream ends; a comment is an event without a name."""
        fields: dict[str, str] = {}
        for raw in self._answer:
            line = raw.decode().rstrip("\n")
            if line.startswith(":") and comments:
                yield Event(name="", data="", id="")
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value
            elif "event" in fields:
                yield Event(name=fields["event"], data=fields.get("data", ""), id=fields.get("id", ""))
                fields = {}
            else:
                fields = {}

    def until(self, name: str, **expected: object) -> Event:
        """The next event of this name whose object has these fields, however many others come before."""
        for event in self.events():
            if event.name == name and expected.items() <= event.json().items():
                return event
        raise AssertionError(f"the answer {self.status} has ended without {name} {expected}")

    def raw(self) -> bytes:
        """The next bytes as they come."""
        return self._answer.read1(65536)

    def text(self) -> str:
        """The rest, when it has ended."""
        return self._answer.read().decode()


@contextmanager
def reading(
    server: Server,
    query: str,
    *,
    token: str,
    headers: Mapping[str, str] | None = None,
    receive_buffer: int | None = None,
    path: str = "/api/v1/events",
) -> Iterator[EventReader]:
    """A reader of a stream, until the block ends; what does not fit into its buffer stays with the server."""
    address = urlsplit(server.url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    try:
        connection.connect()
        if receive_buffer is not None:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.request("GET", f"{path}?{query}", headers={"Authorization": f"Bearer {token}", **(headers or {})})
        yield EventReader(connection.getresponse())
    finally:
        connection.close()
