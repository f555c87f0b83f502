"""From a URL to a store, or to one sentence that holds no secret."""

import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minio.helpers import check_bucket_name
from pydantic import SecretStr

from mediaproc.core.errors import WrongUse
from mediaproc.store.directory import DirectoryStore
from mediaproc.store.minio import MinioStore
from mediaproc.store.store_url import open_store

SECRET = "s3cret-value"


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        (f"minio://key:{SECRET}@store.example:9000/videos?secure=false", "http://store.example:9000"),
        (f"minio://key:{SECRET}@store.example/videos", "https://store.example"),
        (f"minio://key:{SECRET}@[::1]:9000/videos/?secure=0", "http://[::1]:9000"),
        (f"minio://key:{SECRET}%2F%40@127.0.0.1:9000/videos?secure=TRUE", "https://127.0.0.1:9000"),
    ],
)
def test_a_minio_url_opens_its_bucket(url: str, endpoint: str) -> None:
    for given_url in (url, SecretStr(url)):
        store = open_store(given_url)
        assert isinstance(store, MinioStore)
        assert store.bucket == "videos"
        assert store.url("a.mp4") == f"{endpoint}/videos/a.mp4"
        assert SECRET not in repr(store)


def test_a_file_url_opens_its_folder(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}/with%20space")
    assert isinstance(store, DirectoryStore)
    assert store.bucket == f"{tmp_path}/with space"
    assert not Path(store.bucket).exists()


@pytest.mark.parametrize(
    "url",
    [
        "",
        SECRET,
        f"s3://key:{SECRET}@host/bucket",
        f"minio://key:{SECRET}@host:9000",
        f"minio://key:{SECRET}@host:9000/Bad_Bucket",
        f"minio://key:{SECRET}@host:9000/bucket/below",
        f"minio://key:{SECRET}@host:9000/192.168.1.1",
        f"minio://key:{SECRET}@host:9000/a..b",
        f"minio://key:{SECRET}@host:9000/a.-b",
        f"minio://key:{SECRET}@host:9000/a-.b",
        f"minio://key:{SECRET}@host:9000/bucket-s3alias",
        f"minio://key:{SECRET}@host:port/bucket",
        f"minio://key:{SECRET}@host:99999/bucket",
        f"minio://key:{SECRET}/with-slash@host:9000/bucket",
        f"minio://key:{SECRET}@[host:9000/bucket",
        f"minio://key:{SECRET}@/bucket",
        f"minio://key:{SECRET}@host/bucket?secure=perhaps",
        f"minio://key:{SECRET}@host/bucket?secret={SECRET}",
        "minio://host:9000/bucket",
        f"minio://{SECRET}@host:9000/bucket",
        "file://relative/folder",
        "file:relative",
        "file:///",
        f"file:///folder?{SECRET}",
    ],
)
def test_a_wrong_url_gets_one_sentence_without_its_secret(url: str) -> None:
    with pytest.raises(WrongUse, match=r"^MEDIAPROC_STORE_URL .*\.$") as caught:
        open_store(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value, chain=True)).split("tests/store")[-1]
    assert SECRET not in f"{caught.value} {caught.value!r}"


@given(st.text("ab09.-", min_size=1, max_size=66))
def test_every_bucket_that_a_url_may_name_is_one_for_the_client(bucket: str) -> None:
    try:
        store = open_store(f"minio://key:{SECRET}@host:9000/{bucket}")
    except WrongUse:
        return
    check_bucket_name(store.bucket, strict=True)


@given(st.text(max_size=60).map(lambda rest: f"minio://{rest}") | st.text(max_size=60))
def test_whatever_stands_there_opens_or_is_wrong_use(url: str) -> None:
    try:
        open_store(url)
    except WrongUse as error:
        assert "\n" not in str(error)  # noqa: PT017 - either end is right, and only this one has a sentence
