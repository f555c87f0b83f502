"""What comes back: an answer of bounded size within bounded time, kept in memory or written to a file."""

import io
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import BinaryIO, cast

from mediaproc import clock
from mediaproc.core.errors import MediaprocError, Stopped

_ONE_READ = 4096
_ONE_WRITE = 256 * 1024
# How often a receiver of a long answer looks whether it shall stop (seconds).
_LOOK_EVERY = 0.5
# A file that comes more slowly than so many bytes a second, on the average, does not come at all.
_SLOWEST = 16 * 1024
# The most of a file whose sender does not say how many bytes it has.
_MOST_UNTOLD = 64 * 1024 * 1024
_OK = 200


class NoAnswer(MediaprocError):
    """The other side gave no answer that can be used; the sentence says why, and repeats neither path nor query."""


class TooLarge(NoAnswer):
    """The answer has more bytes than are taken."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: any status, also that of a redirect, which is not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """The header of that name, however its letters are written."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


class MoreThanTaken(Exception):
    """More bytes came than are taken."""


class Incomplete(Exception):
    """The connection ended before the file did."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a file that is fetched goes; at most `most` bytes are taken.

    `on_size` is told how many bytes are to come at the most, before the first of them.
    """

    file: BinaryIO
    most: int
    stop: threading.Event
    on_size: Callable[[int], None] = lambda _size: None


def receive_whole(connection: socket.socket, *, until: float, largest: int) -> Answer:
    """The answer with its body.

    Raises:
        TimeoutError, OSError, HTTPException, MoreThanTaken
    """
    readable = _Readable(connection, until=lambda _received: until, largest=largest)
    with closing(HTTPResponse(cast("socket.socket", readable))) as response:
        response.begin()
        return Answer(status=response.status, headers=dict(response.getheaders()), body=response.read())


def receive_file(connection: socket.socket, *, deadline: float, largest: int, target: Target) -> Answer:
    """The answer, whose body is written to the target where its status is 200; of any other nothing is written.

    The headers must come within the deadline, and a byte of the body within each such time.

    Raises:
        TimeoutError, OSError, HTTPException, MoreThanTaken, Incomplete
        Stopped: the target's `stop` was set.
    """
    begun = clock.elapsed()
    latest = begun

    def until(received: int) -> float:
        nonlocal latest
        if received:
            latest = clock.elapsed()
        return min(latest, begun + readable.received / _SLOWEST) + deadline

    # Room for the headers beside the file.
    readable = _Readable(connection, until=until, largest=target.most + largest, stop=target.stop)
    with closing(HTTPResponse(cast("socket.socket", readable))) as response:
        response.begin()
        headers = dict(response.getheaders())
        if response.status == _OK:
            _write_body(response, target=target)
        return Answer(status=response.status, headers=headers, body=b"")


def _write_body(response: HTTPResponse, *, target: Target) -> None:
    size = response.length
    if size is None and not response.chunked:
        # Its end could not be told from a connection that broke.
        raise HTTPException
    most = min(target.most, _MOST_UNTOLD) if size is None else size
    if most > target.most:
        raise MoreThanTaken
    target.on_size(most)
    written = 0
    while piece := response.read(_ONE_WRITE):
        written += len(piece)
        if written > most:
            raise MoreThanTaken
        target.file.write(piece)
    if size is not None and written < size:
        raise Incomplete


class _Readable(io.RawIOBase):
    """What a connection receives, up to the limit, and until the moment that `until` tells for what came last."""

    def __init__(
        self,
        connection: socket.socket,
        *,
        until: Callable[[int], float],
        largest: int,
        stop: threading.Event | None = None,
    ) -> None:
        self._connection = connection
        self._until = until
        self._largest = largest
        self._stop = stop
        self._latest = 0
        self.received = 0

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As HTTPResponse asks a socket for it."""
        return io.BufferedReader(self, _ONE_READ if self._stop is None else _ONE_WRITE)

    def readable(self) -> bool:
        """It can be read, and not written."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as BufferedReader calls it
        """The next bytes; 0 at the end."""
        until = self._until(self._latest)
        self._latest = self._received(buffer, until=until)
        self.received += self._latest
        if self.received > self._largest:
            raise MoreThanTaken
        return self._latest

    def _received(self, buffer: memoryview, *, until: float) -> int:
        while True:
            left = remaining(until)
            if self._stop is None:
                self._connection.settimeout(left)
                return self._connection.recv_into(buffer)
            if self._stop.is_set():
                raise Stopped("told to stop while a file was fetched")
            self._connection.settimeout(min(left, _LOOK_EVERY))
            try:
                return self._connection.recv_into(buffer)
            except TimeoutError:
                continue


def remaining(until: float) -> float:
    """Seconds that are left.

    Raises:
        TimeoutError: none.
    """
    left = until - clock.elapsed()
    if left <= 0:
        raise TimeoutError
    return left
