"""What the tests of a failing store share: the expected error, and a server that answers as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.store.file_upload import PART_SIZE
from mediaproc.store.interface import Store

if TYPE_CHECKING:
    from tests.store.conftest import Source


KEY = "a/3/a3f1/a3f1.avi"
LARGE = 3 * PART_SIZE
SECRET = "a-secret-that-nobody-may-see"


def put(store: Store, source: "Source") -> None:
    store.put(KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event())


def assert_unavailable(store: Store, call: Callable[[Store], object], sentence: str) -> None:
    with pytest.raises(Unavailable, match=sentence) as caught:
        call(store)
    assert caught.value.error_class is ErrorClass.STORE_UNAVAILABLE
    assert str(caught.value).count(". ") == 0
    assert_no_secret(caught.value)


def assert_no_secret(error: BaseException | None) -> None:
    while error is not None:
        assert SECRET not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


@contextmanager
def answering(status: int, *, headers: dict[str, str], body: bytes = b"") -> Iterator[int]:
    """A server that gives every request the same answer; yields its port."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    methods: dict[str, object] = {f"do_{method}": answer for method in ("GET", "PUT", "HEAD", "DELETE", "POST")}
    silent = {"log_message": lambda *_: None}
    with HTTPServer(("127.0.0.1", 0), type("Answer", (BaseHTTPRequestHandler,), methods | silent)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
