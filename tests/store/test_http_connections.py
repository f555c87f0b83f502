"""Connections to MinIO wait no longer than their timeouts: a server that stands still, dies, cuts or drips."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from mediaproc.core.errors import Stopped, Unavailable
from mediaproc.store import http_connections
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.parts.cutting_proxy import cutting_proxy
from tests.parts.minio import MinioServer
from tests.parts.waiting import until
from tests.store.conftest import Sources
from tests.store.failing_store import KEY, LARGE, SECRET, answering, assert_unavailable, put


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter timeouts."""
    monkeypatch.setattr(http_connections, "READ_TIMEOUT", 2.0)
    monkeypatch.setattr(http_connections, "CHECK_READ_TIMEOUT", 2.0)


def works(store: Store, call: Callable[[Store], object]) -> bool:
    """Whether the call succeeds by now: on a busy machine a store may answer later than the shorter timeouts allow."""
    try:
        call(store)
    except Unavailable:
        return False
    return True


@pytest.mark.usefixtures("impatient")
def test_a_frozen_server_is_unavailable_and_works_again_when_thawed(
    minio_server: MinioServer, sources: Sources, each_call: list[Callable[[Store], object]]
) -> None:
    store = open_store(minio_server.url(minio_server.make_bucket()))
    source = sources.make()
    until(lambda: works(store, lambda store: put(store, source)))
    with minio_server.frozen():
        each_call.append(lambda store: store.check())
        for call in each_call:
            assert_unavailable(store, call, r"does not answer \(it took the connection and then said nothing\)")
    for call in each_call:
        until(partial(works, store, call))


def test_a_killed_server_is_unavailable_and_works_again_when_restarted(
    own_minio: MinioServer, sources: Sources, each_call: list[Callable[[Store], object]]
) -> None:
    store = open_store(own_minio.url(own_minio.make_bucket()))
    put(store, sources.make())
    own_minio.kill()
    each_call.append(lambda store: store.check())
    for call in each_call:
        assert_unavailable(store, call, r"does not answer \(connection refused\)")
    own_minio.start()
    for call in each_call:
        call(store)


def test_a_download_that_is_cut_leaves_no_file_and_is_nobodys_fault(
    minio_server: MinioServer, sources: Sources, tmp_path: Path
) -> None:
    bucket = minio_server.make_bucket()
    source = sources.make(LARGE)
    put(open_store(minio_server.url(bucket)), source)
    with cutting_proxy(minio_server.port) as proxy:
        store = open_store(minio_server.url(bucket, port=proxy.port))
        proxy.cut_after = LARGE // 2
        assert_unavailable(store, lambda s: s.get(KEY, tmp_path / "back", stop=Event()), "the connection broke off")
        assert proxy.cuts == 1
        assert not (tmp_path / "back").exists()
        proxy.cut_after = None  # for connections from now on; the cut one is gone
        assert store.get(KEY, tmp_path / "back", stop=Event()).sha256 == source.sha256


@pytest.mark.timeout(30)
def test_nothing_sleeps_as_long_as_a_starting_server_proposes(each_call: list[Callable[[Store], object]]) -> None:
    with answering(503, headers={"Retry-After": "60"}) as port:
        store = open_store(f"minio://someone:{SECRET}@127.0.0.1:{port}/bucket?secure=false")
        for call in each_call:
            assert_unavailable(store, call, r"cannot do its work now \(HTTP 503\)")
        with pytest.raises(Unavailable):
            store.check()


@pytest.mark.timeout(60)
def test_a_store_that_drips_is_left_when_told_to_stop(tmp_path: Path) -> None:
    stop = Event()
    with dripping(1024**2) as port:
        store = open_store(f"minio://someone:{SECRET}@127.0.0.1:{port}/bucket?secure=false")
        with pytest.raises(Stopped):
            # The stop is set when the first bytes are counted.
            store.get(KEY, tmp_path / "back", stop=stop, on_bytes=lambda _count: stop.set())
    assert not (tmp_path / "back").exists()


_REGION = b"<LocationConstraint>us-east-1</LocationConstraint>"


@contextmanager
def dripping(size: int) -> Iterator[int]:
    """A server with an object of `size` bytes that sends one byte at a time; yields its port."""
    left = Event()

    class Drip(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked_where = "location" in self.path
            self.send_response(200)
            self.send_header("Content-Length", str(len(_REGION) if asked_where else size))
            self.end_headers()
            if asked_where:
                self.wfile.write(_REGION)
            while not asked_where and not left.wait(0.05):
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Drip) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            left.set()
            server.shutdown()
            thread.join()
