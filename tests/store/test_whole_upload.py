"""A large file goes to MinIO in one request that is signed with its checksum; where that is too large, in parts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from mediaproc.core.errors import Unavailable
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.parts.minio import MinioServer
from tests.store.conftest import Sources
from tests.store.failing_store import KEY, LARGE, put


@contextmanager
def proxy_with_a_limit(address: str, *, most: int, busy: Sequence[bool] = ()) -> Iterator[tuple[int, list[int]]]:
    """Passes requests on whose bodies are not larger; yields its port, and the sizes of the bodies that came.

    It answers as many requests that have a body with 503 as there are `busy`.
    """
    came: list[int] = []
    turned_away = list(busy)

    class Proxy(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size)
            came.append(size)
            refusal = 413 if size > most else 503 if size and turned_away and turned_away.pop() else None
            if refusal is not None:
                self.send_response(refusal)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            connection = HTTPConnection(address)
            connection.request(self.command, self.path, body=body, headers=dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - the base's names

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port, came
        finally:
            server.shutdown()
            thread.join()


def test_a_large_file_is_one_request(minio_server: MinioServer, sources: Sources, tmp_path: Path) -> None:
    bucket, source = minio_server.make_bucket(), sources.make(LARGE)
    with proxy_with_a_limit(minio_server.address, most=LARGE) as (port, came):
        put(open_store(minio_server.url(bucket).replace(minio_server.address, f"127.0.0.1:{port}")), source)
    assert [size for size in came if size] == [LARGE]
    received = open_store(minio_server.url(bucket)).get(KEY, tmp_path / "back", stop=Event())
    assert (received.size, received.sha256) == (source.size, source.sha256)


def test_a_file_too_large_for_a_proxy_goes_in_parts(
    minio_server: MinioServer, sources: Sources, tmp_path: Path
) -> None:
    bucket, source = minio_server.make_bucket(), sources.make(LARGE)
    counted: list[int] = []
    with proxy_with_a_limit(minio_server.address, most=LARGE - 1) as (port, came):
        store = open_store(minio_server.url(bucket).replace(minio_server.address, f"127.0.0.1:{port}"))
        store.put(
            KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event(), on_bytes=counted.append
        )
    assert max(came) == LARGE
    assert sum(size == LARGE // 3 for size in came) == 3
    # What went in vain is taken back.
    assert sum(counted) == LARGE
    assert open_store(minio_server.url(bucket)).get(KEY, tmp_path / "back", stop=Event()).sha256 == source.sha256


def test_the_store_itself_refuses_bytes_of_another_checksum(
    minio_store: Store, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, other = sources.make(LARGE), sources.make(LARGE, seed="other")
    # Without our own check, which comes first.
    monkeypatch.setattr("mediaproc.store.transfer.require_unchanged", lambda _found, promised: None)  # noqa: ARG005
    with pytest.raises(Unavailable, match="XAmzContentSHA256Mismatch"):
        minio_store.put(KEY, source.path, sha256=other.sha256, content_type="video/mp4", stop=Event())
    assert minio_store.stat(KEY) is None


def test_a_request_that_is_sent_again_begins_again(minio_server: MinioServer, sources: Sources) -> None:
    bucket, source = minio_server.make_bucket(), sources.make(LARGE)
    counted: list[int] = []
    with proxy_with_a_limit(minio_server.address, most=LARGE, busy=[True]) as (port, came):
        store = open_store(minio_server.url(bucket).replace(minio_server.address, f"127.0.0.1:{port}"))
        store.put(
            KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event(), on_bytes=counted.append
        )
    assert [size for size in came if size] == [LARGE, LARGE]
    assert sum(counted) == LARGE
    assert min(counted) == -LARGE
