"""Answers a few GET requests on one address; a client that is slow, hostile or away holds nothing up.

It is no web server: it reads one small request, writes one answer, and closes. Each connection has a thread of a
bounded number and a deadline for the whole of its request; whoever comes when all are taken is turned away.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.listen_address import ListenAddress
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.listening_socket import address_of, listening_socket

MOST_CONNECTIONS = 8
# Seconds for a request to come in, and for its answer to be taken.
DEADLINE = 5.0
LARGEST_REQUEST = 8192
_END_OF_REQUEST = b"\r\n\r\n"
_PAUSE_AFTER_A_FAULT = 1.0
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is sent back."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes


def _plain(status: int, sentence: str) -> Answer:
    return Answer(status=status, body=f"{sentence}\n".encode())


class HttpListener:
    """Each path of `answers` is answered by a call, in the thread of its connection."""

    def __init__(
        self, address: ListenAddress, *, answers: Mapping[str, Callable[[], Answer]], log: FilteringBoundLogger
    ) -> None:
        """Take the address; nothing is accepted before `start`.

        Raises:
            PartMissing: another program has it, or this machine has no such address.
        """
        self._answers = answers
        self._log = log
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._ended = threading.Event()
        self._socket = listening_socket(address, backlog=MOST_CONNECTIONS, setting="MEDIAPROC_METRICS")
        self._thread = threading.Thread(target=self._accept, name="http", daemon=True)

    @property
    def address(self) -> ListenAddress:
        """Where it listens; with the port that the system chose."""
        return address_of(self._socket)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def end(self) -> None:
        """Answer no more, and give the address back; an answer that is under way goes on."""
        self._ended.set()
        # Without it `accept` would wait on; a socket that nobody has ever connected to says that it is not connected.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(DEADLINE)
        self._socket.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError as error:
                if not self._ended.is_set():
                    # Too many open files, say: the executor's work goes on without its metrics.
                    self._log.warning("http_waits", reason=error.strerror or str(error))
                    self._ended.wait(_PAUSE_AFTER_A_FAULT)
                continue
            self._serve_in_a_thread(connection)

    def _serve_in_a_thread(self, connection: socket.socket) -> None:
        if not self._places.acquire(blocking=False):
            connection.close()
            return
        try:
            run_in_daemon_thread(partial(self._serve, connection), name="http-connection")
        except RuntimeError:
            self._places.release()
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with closing(connection), suppress(OSError):
                self._exchange(connection, until=clock.elapsed() + DEADLINE)
        finally:
            self._places.release()

    def _exchange(self, connection: socket.socket, *, until: float) -> None:
        method, answer = self._answer(_read_request(connection, until=until))
        head = (
            f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}\r\nContent-Type: {answer.content_type}\r\n"
            f"Content-Length: {len(answer.body)}\r\nCache-Control: no-store\r\n"
            f"{'Allow: GET, HEAD' + chr(13) + chr(10) if answer.status == 405 else ''}Connection: close\r\n\r\n"  # noqa: PLR2004
        )
        connection.settimeout(DEADLINE)
        connection.sendall(head.encode() + (b"" if method == "HEAD" else answer.body))
        connection.shutdown(socket.SHUT_WR)

    def _answer(self, request: "bytes | Answer") -> tuple[str, Answer]:
        """The method, and what to say to it."""
        if isinstance(request, Answer):
            return "", request
        words = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004
            return "", _plain(400, "This is no request of HTTP/1.")
        method, target, _ = words
        if method not in {"GET", "HEAD"}:
            return method, _plain(405, "Only GET and HEAD are answered.")
        answer = self._answers.get(target.partition("?")[0])
        if answer is None:
            return method, _plain(404, f"There are {', '.join(self._answers)}.")
        try:
            return method, answer()
        except Exception:  # noqa: BLE001 - a bug in the metrics must not end the executor; it is logged and answered
            self._log.exception("bug", consequence="a request for the metrics was not answered")
            return method, _plain(500, "A bug: see the log.")


def _read_request(connection: socket.socket, *, until: float) -> bytes | Answer:
    """The head of the request, or the answer to one that is too large or too slow."""
    received = b""
    while _END_OF_REQUEST not in received:
        if len(received) > LARGEST_REQUEST:
            return _plain(431, f"A request has at most {LARGEST_REQUEST} bytes.")
        left = until - clock.elapsed()
        if left <= 0:
            return _plain(408, f"A request has {DEADLINE:.0f} s.")
        connection.settimeout(left)
        try:
            more = connection.recv(4096)
        except TimeoutError:
            continue
        if not more:
            return _plain(400, "The request ended too early.")
        received += more
    return received
