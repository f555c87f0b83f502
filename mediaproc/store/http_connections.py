"""The HTTP connections to MinIO: the read timeout and the connect timeout, few retries, and progress of each upload."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from types import TracebackType
from typing import Any, Protocol, Self

from urllib3 import PoolManager, Retry, Timeout
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import TimeoutError as PoolTimeoutError
from urllib3.response import BaseHTTPResponse

# Seconds. The read timeout is for one answer or one piece of a body, never for a whole body.
CONNECT_TIMEOUT = 4.0
READ_TIMEOUT = 15.0
# A person or the circuit breaker waits for a check: it must end within about a connect timeout.
CHECK_READ_TIMEOUT = 4.0
_PIECE = 128 * 1024
_PASSING = (500, 502, 503, 504)


class _BriefRetry(Retry):
    """One retry, for a connection that the server closed while it was idle; never after a timeout.

    A server that did not answer in time is down or frozen. The circuit breaker waits for it, so that an executor that
    stops does not.
    """

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """As the parent's."""
        if isinstance(error, PoolTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


_on_sent: ContextVar[Callable[[int], None] | None] = ContextVar("on_sent", default=None)


@contextmanager
def sending_reported(on_sent: Callable[[int], None]) -> Iterator[None]:
    """Calls `on_sent` for every piece of a body that this thread sends inside the block; it may raise to end that."""
    token = _on_sent.set(on_sent)
    try:
        yield
    finally:
        _on_sent.reset(token)


class _Body(Protocol):
    """A body that can be sent in pieces, and again from its beginning."""

    def read(self, size: int, /) -> bytes: ...
    def tell(self) -> int: ...
    def seek(self, offset: int, /) -> int: ...


class _ReportedBody:
    """Reports every piece read from the body, and a negative count when it is rewound."""

    def __init__(self, body: _Body) -> None:
        self._body = body

    def read(self, size: int, /) -> bytes:
        piece = self._body.read(size)
        _tell(len(piece))
        return piece

    def tell(self) -> int:
        return self._body.tell()

    def seek(self, offset: int, /) -> int:
        before = self._body.tell()
        after = self._body.seek(offset)
        _tell(after - before)
        return after


def _tell(count: int) -> None:
    on_sent = _on_sent.get()
    if on_sent is not None and count:
        on_sent(count)


class _PiecewisePool(PoolManager):
    """Sends objects in pieces.

    A body that is sent as one piece of bytes must get through within one socket timeout, however large it is: a part of
    8 MB over a slow line would fail for ever. Of many pieces each has the timeout for itself, and a stop is noticed
    between two of them.
    """

    def urlopen(  # type: ignore[override]
        self,
        method: str,
        url: str,
        redirect: bool = True,  # noqa: FBT001, FBT002 - the parent's signature
        **options: Any,  # noqa: ANN401
    ) -> BaseHTTPResponse:
        """As the parent's."""
        body = options.get("body")
        if method == "DELETE":
            # A living server deletes at once. A failed upload is cleared away by a DELETE too, which must not wait
            # another read timeout for a store that has just not answered.
            options.setdefault("timeout", Timeout(connect=CONNECT_TIMEOUT, read=CHECK_READ_TIMEOUT))
        # An empty body has no Content-Length from minio-py, and would go out chunked.
        if method == "PUT" and body is not None and body != b"":
            options["body"] = _ReportedBody(BytesIO(body) if isinstance(body, bytes) else body)
        return super().urlopen(method, url, redirect, **options)


def open_pool() -> PoolManager:
    """The pool for a store's work."""
    return _pool(
        read_timeout=READ_TIMEOUT,
        retries=_BriefRetry(
            1,
            backoff_factor=0.2,
            status_forcelist=_PASSING,
            raise_on_status=False,
            # MinIO that starts says "retry after 60 s" and serves within one; nothing here may sleep that long.
            respect_retry_after_header=False,
        ),
    )


def open_check_pool() -> PoolManager:
    """The pool for checks: no retry, short waits."""
    return _pool(read_timeout=CHECK_READ_TIMEOUT, retries=Retry(0, raise_on_status=False))


def _pool(*, read_timeout: float, retries: Retry) -> PoolManager:
    """A pool that trusts the certificates that OpenSSL trusts on this machine; its setting is SSL_CERT_FILE."""
    return _PiecewisePool(
        timeout=Timeout(connect=CONNECT_TIMEOUT, read=read_timeout),
        retries=retries,
        # Connections that stay open between requests: more than transfers at once, or urllib3 warns of each one.
        maxsize=256,
        blocksize=_PIECE,
        ssl_context=ssl.create_default_context(),
    )
