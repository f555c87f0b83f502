"""A MinIO that fails, in each way that it can: whose fault it is, and that nothing is left behind."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import minio.time
import pytest
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider

from mediaproc.core.errors import AttemptFailed, ErrorClass, MediaprocError, PartMissing, Stopped, Unavailable
from mediaproc.store import http_connections
from mediaproc.store.interface import Store
from mediaproc.store.minio import PART_SIZE
from mediaproc.store.store_url import open_store
from tests.parts.cutting_proxy import cutting_proxy
from tests.parts.minio import MinioServer
from tests.parts.waiting import until
from tests.store.conftest import Source, Sources

if TYPE_CHECKING:
    from minio import Minio

KEY = "a/3/a3f1/a3f1.avi"
LARGE = 3 * PART_SIZE
SECRET = "a-secret-that-nobody-may-see"


def put(store: Store, source: Source) -> None:
    store.put(KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event())


def unfinished_uploads(client: "Minio", bucket: str) -> int:
    return len(client._list_multipart_uploads(bucket, prefix=KEY).uploads)  # noqa: SLF001


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, shorter."""
    monkeypatch.setattr(http_connections, "READ_TIMEOUT", 2.0)
    monkeypatch.setattr(http_connections, "CHECK_READ_TIMEOUT", 2.0)


@pytest.fixture
def each_call(sources: Sources, tmp_path: Path) -> list[Callable[[Store], object]]:
    """Everything that work asks of a store."""
    source = sources.make()
    return [
        lambda store: put(store, source),
        lambda store: store.get(KEY, tmp_path / "back", stop=Event()),
        lambda store: store.stat(KEY),
        lambda store: store.delete(KEY),
    ]


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


def works(store: Store, call: Callable[[Store], object]) -> bool:
    """Whether it does by now: a busy machine's store may take longer to answer than an impatient one waits."""
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


def test_a_server_killed_during_an_upload_costs_the_upload_only(own_minio: MinioServer, sources: Sources) -> None:
    bucket = own_minio.make_bucket()
    store = open_store(own_minio.url(bucket))
    source = sources.make(LARGE)
    sent: list[int] = []

    def kill_in_the_second_part(count: int) -> None:
        if sum(sent) <= PART_SIZE < sum(sent) + count:
            own_minio.kill()
        sent.append(count)

    with pytest.raises(Unavailable):
        store.put(
            KEY,
            source.path,
            sha256=source.sha256,
            content_type="video/mp4",
            stop=Event(),
            on_bytes=kill_in_the_second_part,
        )
    own_minio.start()
    assert store.stat(KEY) is None
    put(store, source)
    assert store.stat(KEY) is not None


def test_a_stopped_upload_leaves_no_parts_in_the_store(minio_server: MinioServer, sources: Sources) -> None:
    bucket = minio_server.make_bucket()
    store = open_store(minio_server.url(bucket))
    source = sources.make(LARGE)
    stop = Event()
    seen: list[int] = []

    def stop_in_the_second_part(count: int) -> None:
        seen.append(count)
        if sum(seen) > PART_SIZE and not stop.is_set():
            assert unfinished_uploads(minio_server.client(), bucket) == 1
            stop.set()

    with pytest.raises(Stopped):
        store.put(
            KEY,
            source.path,
            sha256=source.sha256,
            content_type="video/mp4",
            stop=stop,
            on_bytes=stop_in_the_second_part,
        )
    assert unfinished_uploads(minio_server.client(), bucket) == 0
    assert sum(seen) < PART_SIZE * 2


def test_an_upload_that_the_store_threw_away_is_nobodys_fault(minio_server: MinioServer, sources: Sources) -> None:
    bucket = minio_server.make_bucket()
    client = minio_server.client()
    source = sources.make(LARGE)
    seen: list[int] = []

    def throw_away_in_the_second_part(count: int) -> None:
        seen.append(count)
        if sum(seen) > PART_SIZE:
            for upload in client._list_multipart_uploads(bucket, prefix=KEY).uploads:  # noqa: SLF001
                client._abort_multipart_upload(bucket, KEY, str(upload.upload_id))  # noqa: SLF001

    def put_it(store: Store) -> None:
        store.put(
            KEY,
            source.path,
            sha256=source.sha256,
            content_type="video/mp4",
            stop=Event(),
            on_bytes=throw_away_in_the_second_part,
        )

    assert_unavailable(open_store(minio_server.url(bucket)), put_it, "thrown the upload away before its end")


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


def test_an_object_of_full_length_with_a_wrong_checksum_counts(
    minio_server: MinioServer, sources: Sources, tmp_path: Path
) -> None:
    bucket = minio_server.make_bucket()
    store = open_store(minio_server.url(bucket))
    good, bad = sources.make(seed="good"), sources.make(seed="bad")
    minio_server.client().fput_object(bucket, KEY, str(bad.path), metadata={"sha256": good.sha256})
    with pytest.raises(AttemptFailed, match="has not the checksum") as caught:
        store.get(KEY, tmp_path / "back", stop=Event())
    assert caught.value.error_class is ErrorClass.SOURCE_CORRUPTED
    assert not (tmp_path / "back").exists()


def test_a_wrong_secret_is_said_by_the_check_and_costs_no_task_a_strike(
    minio_server: MinioServer, each_call: list[Callable[[Store], object]]
) -> None:
    store = open_store(minio_server.url(minio_server.make_bucket(), password=SECRET))
    with pytest.raises(PartMissing, match="the secret in MEDIAPROC_STORE_URL is wrong") as caught:
        store.check()
    assert_no_secret(caught.value)
    for call in each_call:
        assert_unavailable(store, call, "the secret in MEDIAPROC_STORE_URL is wrong")


def test_an_unknown_access_key_is_said_by_the_check(minio_server: MinioServer) -> None:
    store = open_store(minio_server.url(minio_server.make_bucket(), user="nobody-known"))
    with pytest.raises(PartMissing, match="does not know the access key"):
        store.check()


def test_a_secret_that_goes_wrong_later_is_named_also_where_the_answer_has_no_body(
    minio_server: MinioServer, sources: Sources
) -> None:
    bucket = minio_server.make_bucket()
    add_user(minio_server, bucket, user="rotated", actions=["s3:*"])
    store = open_store(minio_server.url(bucket, user="rotated", password=SECRET))
    put(store, sources.make())
    admin(minio_server).user_add("rotated", "another-secret-now")
    with pytest.raises(Unavailable, match="the secret in MEDIAPROC_STORE_URL is wrong"):
        store.stat(KEY)


def test_a_missing_bucket_is_made_where_that_is_allowed(minio_server: MinioServer, sources: Sources) -> None:
    store = open_store(minio_server.url("made-by-who-brings-sources"))
    store.check()
    assert not store.is_prepared()
    store.prepare()
    assert store.is_prepared()
    put(store, sources.make())
    assert store.stat(KEY) is not None


def test_a_missing_bucket_is_said_where_making_it_is_not_allowed(minio_server: MinioServer) -> None:
    add_user(
        minio_server, "never-made", user="limited", actions=["s3:GetObject", "s3:PutObject", "s3:GetBucketLocation"]
    )
    store = open_store(minio_server.url("never-made", user="limited", password=SECRET))
    with pytest.raises(PartMissing, match="never-made") as caught:
        store.prepare()
    assert_no_secret(caught.value)
    assert not minio_server.client().bucket_exists("never-made")


def test_a_bucket_that_vanished_is_nobodys_fault(minio_server: MinioServer, sources: Sources, tmp_path: Path) -> None:
    store = open_store(minio_server.url("gone-again"))
    source = sources.make()
    assert_unavailable(store, lambda s: put(s, source), "the bucket is not there")
    assert_unavailable(store, lambda s: s.get(KEY, tmp_path / "back", stop=Event()), "the bucket is not there")


def test_a_right_that_is_missing_is_named(minio_server: MinioServer, sources: Sources) -> None:
    bucket = minio_server.make_bucket()
    add_user(minio_server, bucket, user="reader", actions=["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"])
    store = open_store(minio_server.url(bucket, user="reader", password=SECRET))
    store.check()
    source = sources.make()
    assert_unavailable(store, lambda s: put(s, source), "has not the right to do that")


@pytest.mark.parametrize(("hours", "direction"), [(1, "ahead of"), (-1, "behind")])
def test_a_refused_clock_is_named_with_its_skew(
    minio_server: MinioServer,
    each_call: list[Callable[[Store], object]],
    monkeypatch: pytest.MonkeyPatch,
    hours: int,
    direction: str,
) -> None:
    store = open_store(minio_server.url(minio_server.make_bucket()))
    right = minio.time.utcnow
    monkeypatch.setattr(minio.time, "utcnow", lambda: right() + timedelta(hours=hours))
    sentence = re.compile(rf"refuses this machine's clock, which is (\d+) s {direction} its own")
    each_call.append(lambda store: store.check())
    for call in each_call:
        began = right()
        with pytest.raises(Unavailable, match=sentence) as caught:
            call(store)
        assert caught.value.error_class is ErrorClass.CLOCK_SKEW
        (told,) = sentence.findall(str(caught.value))
        # The store says whole seconds, and its answer is judged some time later.
        most = 1 + (right() - began).total_seconds()
        assert 0 <= hours * (int(told) - 3600) <= round(most)


@contextmanager
def answering(status: int, *, headers: dict[str, str], body: bytes = b"") -> Iterator[int]:
    """A server that says the same to everybody, on the port that it gives."""

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


@pytest.mark.timeout(30)
def test_nothing_sleeps_as_long_as_a_starting_server_proposes(each_call: list[Callable[[Store], object]]) -> None:
    with answering(503, headers={"Retry-After": "60"}) as port:
        store = open_store(f"minio://someone:{SECRET}@127.0.0.1:{port}/bucket?secure=false")
        for call in each_call:
            assert_unavailable(store, call, r"cannot do its work now \(HTTP 503\)")
        with pytest.raises(Unavailable):
            store.check()


def test_something_else_that_answers_there_is_said(each_call: list[Callable[[Store], object]]) -> None:
    page = b"<html>It works!</html>"
    with answering(404, headers={"Content-Type": "text/html"}, body=page) as port:
        store = open_store(f"minio://someone:{SECRET}@127.0.0.1:{port}/bucket?secure=false")
        with pytest.raises(PartMissing, match="does not speak S3") as caught:
            store.check()
        assert_no_secret(caught.value)
        assert_unavailable(store, each_call[0], "does not speak S3")


def test_tls_where_there_is_none_is_said(minio_server: MinioServer) -> None:
    url = minio_server.url(minio_server.make_bucket()).replace("secure=false", "secure=true")
    with pytest.raises(PartMissing, match="secure=false"):
        open_store(url).check()


def test_a_host_that_does_not_exist_is_said() -> None:
    store = open_store(f"minio://someone:{SECRET}@no-such-host.invalid:9000/bucket")
    with pytest.raises(MediaprocError, match=r"no-such-host\.invalid:9000") as caught:
        store.check()
    assert_no_secret(caught.value)


def test_an_object_that_somebody_else_put_has_no_checksum_and_is_taken(
    minio_server: MinioServer, sources: Sources, tmp_path: Path
) -> None:
    bucket = minio_server.make_bucket()
    source = sources.make()
    minio_server.client().fput_object(bucket, KEY, str(source.path))
    store = open_store(minio_server.url(bucket))
    facts = store.stat(KEY)
    assert facts is not None
    assert facts.sha256 is None
    assert store.get(KEY, tmp_path / "back", stop=Event()).sha256 == source.sha256


def test_a_url_names_the_object_and_no_credential(minio_server: MinioServer) -> None:
    store = open_store(minio_server.url("bucket", user="someone", password=SECRET))
    assert store.url("a/3/x y.mp4") == f"http://{minio_server.address}/bucket/a/3/x%20y.mp4"
    assert SECRET not in repr(store)
    assert urlsplit(store.url(KEY)).username is None


def admin(server: MinioServer) -> MinioAdmin:
    return MinioAdmin(endpoint=server.address, credentials=StaticProvider(server.user, server.password), secure=False)


def add_user(server: MinioServer, bucket: str, *, user: str, actions: list[str]) -> None:
    """A user with the secret SECRET who may do `actions` in one bucket."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    administrator = admin(server)
    administrator.user_add(user, SECRET)
    administrator.policy_add(user, policy={"Version": "2012-10-17", "Statement": [statement]})
    administrator.policy_set(user, user=user)
    assert json.loads(administrator.user_info(user))["status"] == "enabled"


_REGION = b"<LocationConstraint>us-east-1</LocationConstraint>"


@contextmanager
def dripping(size: int) -> Iterator[int]:
    """A server that has an object of `size` bytes and gives away one byte at a time."""
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


@pytest.mark.timeout(60)
def test_a_store_that_drips_is_left_when_told_to_stop(tmp_path: Path) -> None:
    stop = Event()
    with dripping(1024**2) as port:
        store = open_store(f"minio://someone:{SECRET}@127.0.0.1:{port}/bucket?secure=false")
        with pytest.raises(Stopped):
            # Heard of with the first bytes, which is also when they are counted.
            store.get(KEY, tmp_path / "back", stop=stop, on_bytes=lambda _count: stop.set())
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("code", ["XMinioAdminBucketQuotaExceeded", "MethodNotAllowed", "InvalidRequest", "Unheard"])
def test_whatever_the_store_refuses_is_no_fault_of_a_task(
    each_call: list[Callable[[Store], object]], code: str
) -> None:
    told = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    with answering(400, headers={"Content-Type": "application/xml"}, body=told) as port:
        store = open_store(f"minio://someone:{SECRET}@127.0.0.1:{port}/bucket?secure=false")
        # A HEAD's answer has no body, and so no code.
        for call in each_call[:2] + each_call[3:]:
            assert_unavailable(store, call, rf"refuses \({code}\)")
