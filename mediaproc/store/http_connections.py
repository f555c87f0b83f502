"""The connections to MinIO: bounded waits, few retries, and bodies that report how far they got."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from types import TracebackType
from typing import Any, Self

from urllib3 import PoolManager, Retry, Timeout
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import TimeoutError as PoolTimeoutError
from urllib3.response import BaseHTTPResponse

# Seconds. The read timeout is for one answer or one piece of a body, never for the whole of it.
CONNECT_TIMEOUT = 4.0
READ_TIMEOUT = 15.0
# A check answers a person or a breaker: it must end within a connect timeout or so.
CHECK_READ_TIMEOUT = 4.0
_PIECE = 128 * 1024
_PASSING = (500, 502, 503, 504)


class _BriefRetry(Retry):
    """One retry, for a connection that the server closed while it was idle; never after a timeout.

    What did not answer in time once is down or frozen: the breaker's to wait for, not a stopping executor's.
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


_watcher: ContextVar[Callable[[int], None] | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(watcher: Callable[[int], None]) -> Iterator[None]:
    """Every piece of a body that this thread sends inside is told to `watcher`, which may raise to end it."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


class _Body(BytesIO):
    """A body that tells the watcher of every piece taken from it, and takes it back when it is rewound."""

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        _tell(len(piece))
        return piece

    def seek(self, offset: int, whence: int = 0, /) -> int:
        before = self.tell()
        after = super().seek(offset, whence)
        _tell(after - before)
        return after


def _tell(count: int) -> None:
    watcher = _watcher.get()
    if watcher is not None and count:
        watcher(count)


class _PiecewisePool(PoolManager):
    """Sends objects in pieces.

    In one piece, as bytes, a body must get through within one socket timeout however large it is: an 8 MB part over
    a slow line would fail for ever. In pieces each has the timeout for itself, and a stop is noticed between them.
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
            # Nothing that takes long on a living server; and it is how a failed upload is cleared away, which must not
            # wait as long again for a store that has just not answered.
            options.setdefault("timeout", Timeout(connect=CONNECT_TIMEOUT, read=CHECK_READ_TIMEOUT))
        # An empty body has no Content-Length from minio-py, and would go out chunked.
        if method == "PUT" and isinstance(body, bytes) and body:
            options["body"] = _Body(body)
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
    """Certificates are judged as OpenSSL does on this machine, whose setting is SSL_CERT_FILE."""
    return _PiecewisePool(
        timeout=Timeout(connect=CONNECT_TIMEOUT, read=read_timeout),
        retries=retries,
        # Connections that stay open between requests: more than transfers at once, or urllib3 warns of each one.
        maxsize=256,
        blocksize=_PIECE,
        ssl_context=ssl.create_default_context(),
    )
