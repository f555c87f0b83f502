"""Objects in MinIO: whole or not at all, whatever happens to an upload; and where they are."""

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped, Unavailable
from mediaproc.store.file_upload import PART_SIZE
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.parts.minio import MinioServer
from tests.store.conftest import Sources

if TYPE_CHECKING:
    from minio import Minio
from tests.store.failing_store import KEY, LARGE, SECRET, assert_unavailable, put


def test_a_server_killed_during_an_upload_costs_the_upload_only(own_minio: MinioServer, sources: Sources) -> None:
    bucket = own_minio.make_bucket()
    store = open_store(own_minio.url(bucket))
    source = sources.make(LARGE)
    sent: list[int] = []

    def kill_in_the_middle(count: int) -> None:
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
            on_bytes=kill_in_the_middle,
        )
    own_minio.start()
    assert store.stat(KEY) is None
    put(store, source)
    assert store.stat(KEY) is not None


@pytest.mark.usefixtures("in_parts")
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


@pytest.mark.usefixtures("in_parts")
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


def test_a_missing_bucket_is_made_where_that_is_allowed(minio_server: MinioServer, sources: Sources) -> None:
    store = open_store(minio_server.url("made-by-who-brings-sources"))
    store.check()
    assert not store.is_prepared()
    store.prepare()
    assert store.is_prepared()
    put(store, sources.make())
    assert store.stat(KEY) is not None


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


def unfinished_uploads(client: "Minio", bucket: str) -> int:
    return len(client._list_multipart_uploads(bucket, prefix=KEY).uploads)  # noqa: SLF001
