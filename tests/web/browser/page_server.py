"""A server of one rendered page, its streams of events and the static files, under the policy of every page."""

import mimetypes
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from urllib.parse import urlsplit

from mediaproc.web.static_files import STATIC

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# Renders the page of a path, for these cookies and this Accept-Language.
Render = Callable[[str, Mapping[str, str], str], str]


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    render: Render
    streams: Mapping[str, str]
    ended: threading.Event


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
            self._answer((STATIC / name).read_bytes(), kind=mimetypes.guess_type(name)[0] or "text/plain")
        elif path in self.server.streams:
            self._stream(self.server.streams[path])
        elif path.endswith(".mp4"):
            self._answer(b"", kind="video/mp4")
        else:
            cookies = {name: each.value for name, each in SimpleCookie(self.headers["Cookie"]).items()}
            page = self.server.render(self.path, cookies, self.headers["Accept-Language"] or "")
            self._answer(page.encode(), kind="text/html; charset=utf-8")

    def _stream(self, events: str) -> None:
        """The events at once; the stream then stays open, as a live one does."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(events.encode())
        self.server.ended.wait()

    def _answer(self, body: bytes, *, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: the test tells what went wrong."""


@contextmanager
def serving(render: Render, *, streams: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """The address under which the page is served; `streams` are texts of events by their path."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.render, server.streams, server.ended = render, streams, threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
