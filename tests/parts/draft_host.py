"""A host of drafts on loopback: the files of a draft, and the list of them, as capcut-mate's server gives them."""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote

DRAFT_ID = "20261130120000abcdef12"
THEIR_FOLDER = f"/app/output/draft/{DRAFT_ID}/"

Respond = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Respond:
    """Answers with this status."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return respond


@dataclass
class DraftHost:
    """Listens until the end of its block; `files` and `answers` (by path) may be exchanged at any time."""

    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Respond] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    asked: list[str] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def entry(self) -> str:
        """As MEDIAPROC_FETCH_HOSTS lists it."""
        return f"http://{self.authority}"

    @property
    def draft_url(self) -> str:
        return f"{self._base}/openapi/capcut-mate/v1/get_draft?draft_id={DRAFT_ID}"

    def url(self, name: str) -> str:
        return f"{self._base}/output/draft/{DRAFT_ID}/{quote(name)}"

    @property
    def _base(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    def wait_for(self, count: int) -> None:
        """Until so many requests have come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.asked) >= count, timeout=60), self.asked

    def _respond(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(request.path.partition("?")[0])
        with self.arrived:
            self.asked.append(path)
            self.arrived.notify_all()
        name = path.rpartition(f"/{DRAFT_ID}/")[2]
        if path in self.answers:
            self.answers[path](request)
        elif path.endswith("/get_draft"):
            listed = {"code": 0, "message": "成功", "files": [self.url(name) for name in self.files]}
            status(200, body=json.dumps(listed).encode())(request)
        elif name in self.files:
            status(200, body=self.files[name])(request)
        else:
            status(404)(request)

    def __enter__(self) -> Self:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    host._respond(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
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
