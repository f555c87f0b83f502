"""Each way in which MinIO or the network fails is named in one sentence, without a secret, by whose fault it is."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

import minio.time
import pytest

from mediaproc.core.errors import ErrorClass, MediaprocError, PartMissing, Unavailable
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.parts.minio import MinioServer
from tests.store.conftest import Sources
from tests.store.failing_store import KEY, SECRET, answering, assert_no_secret, assert_unavailable, put
from tests.store.minio_users import add_user, admin


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
        # The store's answer has whole seconds, and it is compared some time later.
        most = 1 + (right() - began).total_seconds()
        assert 0 <= hours * (int(told) - 3600) <= round(most)


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
