"""A receiver of messages on loopback, which keeps every request and answers as a test tells it to."""

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


Respond = Callable[[BaseHTTPRequestHandler, Received], None]


def status(code: int, *, headers: Mapping[str, str] | None = None) -> Respond:
    """Answers each request with this status."""

    def respond(request: BaseHTTPRequestHandler, _received: Received) -> None:
        request.send_response(code)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()

    return respond


@dataclass
class Receiver:
    """Listens until the end of its block; `respond` may be exchanged at any time, `received` grows by each request."""

    respond: Respond = field(default_factory=lambda: status(204))
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self._server.server_port

    @property
    def host(self) -> str:
        """As MEDIAPROC_WEBHOOK_HOSTS lists it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{self.host}/hook?key=secret"

    def wait_for(self, count: int) -> list[Received]:
        """The requests, once there are so many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, timeout=60), self.received
            return list(self.received)

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received = Received(path=self.path, headers=dict(self.headers.items()), body=body)
                with receiver.arrived:
                    receiver.received.append(received)
                    receiver.arrived.notify_all()
                try:
                    receiver.respond(self, received)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
