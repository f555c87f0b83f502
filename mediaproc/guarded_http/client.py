"""Asks hosts that somebody named: at public addresses alone, without redirects, within seconds.

The name is looked up once, every address found is judged, and the connection goes to an address that was judged. No
proxy of the environment is used. An answer that is larger, or takes longer, than it may is a failure.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from ipaddress import ip_address
from typing import Protocol, cast

from mediaproc import clock
from mediaproc.core.outbound_url import OutboundUrl, TrustedHosts, parse_outbound_url, require_public
from mediaproc.core.public_address import Address
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.guarded_http.receiving import (
    Answer,
    Incomplete,
    MoreThanTaken,
    NoAnswer,
    Target,
    TooLarge,
    receive_file,
    receive_whole,
    remaining,
)
from mediaproc.guarded_http.requests import request, send

# Seconds for all: the look-up, the connection, TLS, the request and the answer, however slowly each of its bytes comes.
DEADLINE = 10.0
# Bytes of an answer, its headers included.
LARGEST_ANSWER = 16 * 1024


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
        written = request(parsed, method="POST", headers=headers, body=body)
        with self._asked(parsed, written, until=until, most=self.largest_answer) as connection:
            return receive_whole(connection, until=until, largest=self.largest_answer)

    def download(self, url: str, *, headers: Mapping[str, str], target: Target) -> Answer:
        """Write what lies there to the target; the answer says of another status than 200 that nothing was written.

        The deadline is that of the beginning of the answer, and of each further byte.

        Raises:
            WrongUse, NoAnswer: as `check`; or no answer comes that can be used. A part may be written by then.
            TooLarge: there is more than the target takes.
            Stopped: the target's `stop` was set.
        """
        parsed = parse_outbound_url(url, trusted=self.trusted)
        written = request(parsed, method="GET", headers=headers)
        with self._asked(parsed, written, until=clock.elapsed() + self.deadline, most=target.most) as connection:
            return receive_file(connection, deadline=self.deadline, largest=self.largest_answer, target=target)

    @contextmanager
    def _asked(self, url: OutboundUrl, written: bytes, *, until: float, most: int) -> Iterator[socket.socket]:
        """A connection over which the request was sent, for the block that receives the answer."""
        try:
            with closing(self._connected(url, until=until)) as connection:
                send(connection, written, until=until)
                yield connection
        except TimeoutError:
            raise NoAnswer(f"{url.authority} did not answer within {self.deadline:g} s.") from None
        except ssl.SSLError as error:
            raise NoAnswer(f"{url.authority} speaks no TLS that can be trusted: {_tls_reason(error)}.") from None
        except OSError as error:
            raise NoAnswer(f"{url.authority} cannot be reached: {error.strerror or 'no connection'}.") from None
        except MoreThanTaken:
            raise TooLarge(f"{url.authority} answered with more than {most} bytes.") from None
        except Incomplete:
            raise NoAnswer(f"{url.authority} broke off in the middle of its answer.") from None
        except HTTPException:
            raise NoAnswer(f"{url.authority} answered with something that is no HTTP, or not whole.") from None

    def _addresses(self, url: OutboundUrl, *, until: float) -> Sequence[Address]:
        """What the URL's host leads to, each of them judged; never looked up again for this request."""
        found = [url.address] if url.address is not None else self._looked_up(url, until=until)
        for address in found:
            require_public(address, url=url)
        return found

    def _looked_up(self, url: OutboundUrl, *, until: float) -> Sequence[Address]:
        # No look-up of a system takes a timeout: one that hangs is left behind.
        asked = run_in_daemon_thread(lambda: self.resolve(url.host), name="look-up")
        if not wait([asked], timeout=remaining(until)).done:
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
                connection = socket.create_connection((str(address), url.port), timeout=remaining(until))
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
            connection.settimeout(remaining(until))
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


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return (error.reason or "the handshake failed").replace("_", " ").lower()
