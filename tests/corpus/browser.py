"""Debian's headless Chromium, which plays films from a server of ours and posts what it observed."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

_PAGE = Path(__file__).with_name("player.html")


@dataclass(frozen=True, kw_only=True)
class Playback:
    """What the browser posts about one film."""

    address: str
    canplaythrough: bool
    ended: bool
    error: str | None
    width: int
    height: int
    duration: float


def play(films: Sequence[Path], *, chromium: str, profile: Path, patience: float) -> Iterator[Playback]:
    """Plays the films one after the other; each is awaited for at most `patience` seconds."""
    by_address = {f"film/{place}.mp4": film for place, film in enumerate(films)}
    with _serving(by_address) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        with _chromium(chromium, profile=profile, address=address):
            for _ in films:
                yield server.answers.get(timeout=patience)


@contextmanager
def _chromium(program: str, *, profile: Path, address: str) -> Iterator[None]:
    command = (
        *(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}", address),
    )
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


class _Server(ThreadingHTTPServer):
    """Serves the page and the films on a loopback port, and collects what the page posts."""

    def __init__(self, films: Mapping[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.films = films
        self.answers: Queue[Playback] = Queue()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        if name in self.server.films:
            self._film(self.server.films[name].read_bytes())
        elif name == "films":
            self._answer(json.dumps(list(self.server.films)).encode(), kind="application/json")
        else:
            self._answer(_PAGE.read_bytes(), kind="text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put(Playback(**json.loads(body)))
        self._answer(b"", kind="text/plain")

    def _film(self, whole: bytes) -> None:
        """The part that was asked for: a browser seeks by ranges."""
        unit, _, span = (self.headers.get("Range") or "bytes=0-").partition("=")
        first, _, last = span.partition("-")
        begin, end = int(first), int(last) if last else len(whole) - 1
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Range", f"{unit} {begin}-{end}/{len(whole)}")
        self.send_header("Accept-Ranges", "bytes")
        self._rest(whole[begin : end + 1], kind="video/mp4")

    def _answer(self, body: bytes, *, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self._rest(body, kind=kind)

    def _rest(self, body: bytes, *, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return  # the browser has read enough

    def log_message(self, *_: object) -> None:
        """Log nothing: the test tells what went wrong."""


@contextmanager
def _serving(films: Mapping[str, Path]) -> Iterator[_Server]:
    server = _Server(films)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
