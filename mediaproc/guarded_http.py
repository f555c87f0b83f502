"""The one HTTP client for hosts that somebody named: to public addresses alone, without redirects, within seconds.

The name is looked up once, every address found is judged, and the connection goes to an address that was judged. No
proxy of the environment is used. An answer that is larger, or takes longer, than it may is a failure.
"""

import io
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import Protocol, cast

from mediaproc import clock
from mediaproc.core.errors import MediaprocError
from mediaproc.core.outbound_url import OutboundUrl, TrustedHosts, parse_outbound_url, require_public
from mediaproc.core.public_address import Address
from mediaproc.daemon_thread import run_in_daemon_thread

# Seconds for all: the look-up, the connection, TLS, the request and the answer, however slowly each of its bytes comes.
DEADLINE = 10.0
# Bytes of an answer, its headers included.
LARGEST_ANSWER = 16 * 1024

_ONE_READ = 4096


class NoAnswer(MediaprocError):
    """The other side gave no answer that can be used; the sentence says why, and repeats neither path nor query."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: any status, also that of a redirect, which is not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Resolver(Protocol):
    """Looks up all addresses of a name."""

    def __call__(self, host: str, /) -> Sequence[Address]:
        """The addresses, at least one.

        Raises:
            OSError: the name has none.
        """
        ...


def look_up(host: str, /) -> Sequence[Address]:
    """The addresses of a name, as this machine resolves it."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    # The address of an interface comes as fe80::1%eth0.
    return [ip_address(cast("str", entry[4][0])) for entry in found]


@dataclass(frozen=True, kw_only=True)
class GuardedHttp:
    """Many threads may use it; each request is a connection of its own."""

    trusted: TrustedHosts
    resolve: Resolver = look_up
    deadline: float = DEADLINE
    largest_answer: int = LARGEST_ANSWER
    make_tls: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)

    def check(self, url: str) -> None:
        """Passes a URL that would be asked now.

        Raises:
            WrongUse: it has no good form, or leads to an address that is not public.
            NoAnswer: its name cannot be looked up.
        """
        self._addresses(parse_outbound_url(url, trusted=self.trusted), until=clock.elapsed() + self.deadline)

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the body, and return what comes back.

        Raises:
            WrongUse, NoAnswer: as `check`; or there is no answer within the deadline and of the size that is taken.
        """
        until = clock.elapsed() + self.deadline
        parsed = parse_outbound_url(url, trusted=self.trusted)
        request = _request(parsed, body=body, headers=headers)
        try:
            with closing(self._connected(parsed, until=until)) as connection:
                _send(connection, request, until=until)
                return self._answer(connection, until=until)
        except TimeoutError:
            raise NoAnswer(f"{parsed.authority} did not answer within {self.deadline:g} s.") from None
        except ssl.SSLError as error:
            raise NoAnswer(f"{parsed.authority} speaks no TLS that can be trusted: {_tls_reason(error)}.") from None
        except OSError as error:
            raise NoAnswer(f"{parsed.authority} cannot be reached: {error.strerror or 'no connection'}.") from None
        except _TooLarge:
            raise NoAnswer(f"{parsed.authority} answered with more than {self.largest_answer} bytes.") from None
        except HTTPException:
            raise NoAnswer(f"{parsed.authority} answered with something that is no HTTP, or not whole.") from None

    def _addresses(self, url: OutboundUrl, *, until: float) -> Sequence[Address]:
        """What the URL's host leads to, each of them judged; never looked up again for this request."""
        found = [url.address] if url.address is not None else self._looked_up(url, until=until)
        for address in found:
            require_public(address, url=url)
        return found

    def _looked_up(self, url: OutboundUrl, *, until: float) -> Sequence[Address]:
        # No look-up of a system takes a timeout: one that hangs is left behind.
        asked = run_in_daemon_thread(lambda: self.resolve(url.host), name="look-up")
        if not wait([asked], timeout=_remaining(until)).done:
            raise NoAnswer(f"The name of {url.authority} was not resolved within {self.deadline:g} s.")
        try:
            found = asked.result()
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise NoAnswer(f"The name of {url.authority} cannot be resolved.")
        return found

    def _connected(self, url: OutboundUrl, *, until: float) -> socket.socket:
        """A connection to the first of the judged addresses that takes one, with the name's certificate checked."""
        failure = OSError()
        for address in self._addresses(url, until=until):
            try:
                connection = socket.create_connection((str(address), url.port), timeout=_remaining(until))
            except TimeoutError:
                raise
            except OSError as error:
                failure = error
                continue
            return self._secured(connection, url=url, until=until)
        raise failure

    def _secured(self, connection: socket.socket, *, url: OutboundUrl, until: float) -> socket.socket:
        if not url.is_secure:
            return connection
        try:
            connection.settimeout(_remaining(until))
            return self.make_tls().wrap_socket(connection, server_hostname=url.host)
        except ssl.SSLError:
            # One about a certificate is a ValueError as well.
            connection.close()
            raise
        except ValueError:
            connection.close()
            raise NoAnswer(f"{url.authority} is no name that a certificate can have.") from None
        except BaseException:
            connection.close()
            raise

    def _answer(self, connection: socket.socket, *, until: float) -> Answer:
        response = HTTPResponse(cast("socket.socket", _Readable(connection, until=until, limit=self.largest_answer)))
        with closing(response):
            response.begin()
            return Answer(status=response.status, headers=dict(response.getheaders()), body=response.read())


class _TooLarge(Exception):
    """The answer has more bytes than are taken."""


class _Readable(io.RawIOBase):
    """What a connection receives, until the deadline for all of it and up to the limit."""

    def __init__(self, connection: socket.socket, *, until: float, limit: int) -> None:
        self._connection = connection
        self._until = until
        self._left = limit

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As HTTPResponse asks a socket for it."""
        return io.BufferedReader(self, _ONE_READ)

    def readable(self) -> bool:
        """It can be read, and not written."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as BufferedReader calls it
        """The next bytes; 0 at the end."""
        self._connection.settimeout(_remaining(self._until))
        received = self._connection.recv_into(buffer)
        self._left -= received
        if self._left < 0:
            raise _TooLarge
        return received


def _request(url: OutboundUrl, *, body: bytes, headers: Mapping[str, str]) -> bytes:
    every = {
        "Host": url.authority,
        "User-Agent": "mediaproc",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **headers,
    }
    lines = [f"POST {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in every.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header has a line end in it")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _send(connection: socket.socket, request: bytes, *, until: float) -> None:
    unsent = memoryview(request)
    while unsent:
        connection.settimeout(_remaining(until))
        unsent = unsent[connection.send(unsent) :]


def _remaining(until: float) -> float:
    """Seconds that are left.

    Raises:
        TimeoutError: none.
    """
    left = until - clock.elapsed()
    if left <= 0:
        raise TimeoutError
    return left


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return (error.reason or "the handshake failed").replace("_", " ").lower()
