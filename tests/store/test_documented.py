"""What the how-to says about MinIO, tried on MinIO."""

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
import urllib3
from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider
from minio.error import S3Error

from mediaproc.core.errors import AttemptFailed, PartMissing, Unavailable
from mediaproc.store.file_upload import PART_SIZE
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from mediaproc.store.write_check import run_write_check
from tests.parts.minio import MinioServer, running_minio
from tests.parts.waiting import until
from tests.store.conftest import Source, Sources

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "deploy" / "minio"
POLICY = POLICIES / "key-for-one-bucket.json"
ACTIONS = [action for statement in json.loads(POLICY.read_text())["Statement"] for action in statement["Action"]]
# Of the event stream, whose tests are in test_object_events.py: to open one takes as long as the server holds it back.
ELSEWHERE = "s3:ListenBucketNotification"
HOW_TO = ROOT / "docs" / "how-to" / "keep-objects-in-minio.md"
KEY = "sources/a/3/a3f1.avi"
RENDITION, CHUNK = "renditions/1/2/claim/mp4.mp4", "uploads/3/f/upload-0-writer"
SECRET = "a-secret-of-the-least-user"
LARGE = 3 * PART_SIZE

PUT_AND_DIE = """
import os, signal, sys
from pathlib import Path
from threading import Event
from mediaproc.store import file_upload
from mediaproc.store.file_upload import PART_SIZE
from mediaproc.store.store_url import open_store
file_upload.LARGEST_WHOLE = PART_SIZE
sent = 0
def die_in_the_second_part(count):
    global sent
    sent += count
    if sent > PART_SIZE:
        os.kill(os.getpid(), signal.SIGKILL)
open_store(sys.argv[1]).put(sys.argv[2], Path(sys.argv[3]), sha256=sys.argv[4], content_type="video/mp4", stop=Event(),
    on_bytes=die_in_the_second_part)
"""


def unfinished_uploads(client: Minio, bucket: str) -> int:
    return len(client._list_multipart_uploads(bucket, prefix=KEY).uploads)  # noqa: SLF001 - no public way to ask


def make_key(server: MinioServer, bucket: str, *, without: str | None = None, path: Path = POLICY) -> str:
    """The store's URL with a key of the documented rights, less one action."""
    policy = json.loads(path.read_text().replace(":::videos", f":::{bucket}"))
    for statement in policy["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != without]
    admin = MinioAdmin(endpoint=server.address, credentials=StaticProvider(server.user, server.password), secure=False)
    name = f"{path.stem[8:]}-{bucket}"[-20:]
    admin.user_add(name, SECRET)
    admin.policy_add(name, policy=policy)
    admin.policy_set(name, user=name)
    return server.url(bucket, user=name, password=SECRET)


def test_the_documented_rights_are_those_of_the_file() -> None:
    documented, *_ = re.findall(r"```json\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    assert json.loads(documented) == json.loads(POLICY.read_text())


def test_the_documented_rights_are_enough(minio_server: MinioServer, sources: Sources, tmp_path: Path) -> None:
    bucket = minio_server.make_bucket()
    use_all_of(open_store(make_key(minio_server, bucket)), sources=sources, folder=tmp_path)
    assert unfinished_uploads(minio_server.client(), bucket) == 0


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize("action", [action for action in ACTIONS if action != ELSEWHERE])
def test_without_any_one_of_the_documented_rights_something_is_refused_or_left(
    minio_server: MinioServer, sources: Sources, tmp_path: Path, action: str
) -> None:
    bucket = minio_server.make_bucket()
    store = open_store(make_key(minio_server, bucket, without=action))
    try:
        use_all_of(store, sources=sources, folder=tmp_path)
    except (PartMissing, Unavailable):
        return
    assert unfinished_uploads(minio_server.client(), bucket) > 0


def test_a_documented_key_does_nothing_beyond_its_bucket(minio_server: MinioServer) -> None:
    bucket, other = minio_server.make_bucket(), minio_server.make_bucket()
    url = urlsplit(make_key(minio_server, bucket))
    client = Minio(minio_server.address, access_key=url.username, secret_key=url.password, secure=False)
    # The server lists only the buckets that the key may read.
    assert [each.name for each in client.list_buckets()] == [bucket]
    acts = (
        lambda: list(client.list_objects(other)),
        lambda: client.put_object(other, "key", io.BytesIO(b"x"), 1),
        lambda: client.make_bucket(f"{bucket}-more"),
        lambda: client.remove_bucket(bucket),
        lambda: client.get_bucket_policy(bucket),
        lambda: client.delete_bucket_lifecycle(bucket),
    )
    for act in acts:
        with pytest.raises(S3Error) as refused:
            act()
        assert refused.value.code == "AccessDenied"


def use_all_of(store: Store, *, sources: Sources, folder: Path) -> None:
    """Every call that mediaproc makes to a store."""
    source = sources.make(LARGE)
    store.check()
    assert store.stat(KEY) is None
    store.put(KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event())
    assert store.get(KEY, folder / "back", stop=Event()).sha256 == source.sha256
    store.delete(KEY)
    assert store.stat(KEY) is None
    with pytest.raises(AttemptFailed):
        store.put(KEY, source.path, sha256="0" * 64, content_type="video/mp4", stop=Event())
    put_in_parts_by_links(store)
    store.move(CHUNK, to=KEY)
    assert [each.key for each in store.listed("")] == [KEY]


def put_in_parts_by_links(store: Store) -> None:
    """An object whose bytes come by somebody who has no key."""
    links = store.begin_parts(CHUNK, count=1, seconds=60)
    assert links is not None
    assert urllib3.request("PUT", links.urls[0], body=b"bytes").status == 200
    assert store.join_parts(CHUNK, name=links.name, size=5) == 5


def put(store: Store, key: str, source: Source) -> None:
    store.put(key, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event())


def test_an_executors_key_is_enough_for_its_work_and_changes_no_source(
    minio_server: MinioServer, sources: Sources, tmp_path: Path
) -> None:
    bucket = minio_server.make_bucket()
    site, source = open_store(minio_server.url(bucket)), sources.make()
    put(site, KEY, source)
    put(site, CHUNK, source)
    node = open_store(make_key(minio_server, bucket, path=POLICIES / "key-for-an-executor.json"))
    run_write_check(node)
    node.get(KEY, tmp_path / "back", stop=Event())
    put(node, RENDITION, source)
    for key in (KEY, CHUNK):
        with pytest.raises(Unavailable, match="has not the right"):
            put(node, key, source)
    with pytest.raises(Unavailable, match="has not the right"):
        node.get(CHUNK, tmp_path / "chunk", stop=Event())
    # What was never finished, or lost, or is deleted with its file.
    for key in (KEY, CHUNK, RENDITION):
        node.delete(key)
    assert list(site.keys()) == []


def test_an_enqueuers_key_is_enough_for_its_work_and_reads_no_rendition(
    minio_server: MinioServer, sources: Sources, tmp_path: Path
) -> None:
    bucket = minio_server.make_bucket()
    site, source = open_store(minio_server.url(bucket)), sources.make()
    for key in (RENDITION, "incoming/a.avi", "incoming/b.avi"):
        put(site, key, source)
    watch = open_store(make_key(minio_server, bucket, path=POLICIES / "key-for-enqueue.json"))
    watch.check()
    assert watch.stat(KEY) is None
    for name in ("a.avi", "b.avi"):
        watch.get(f"incoming/{name}", tmp_path / name, stop=Event())
    put(watch, KEY, source)
    watch.move("incoming/a.avi", to="taken/a.avi")
    watch.delete("incoming/b.avi")
    with pytest.raises(Unavailable, match="has not the right"):
        watch.get(RENDITION, tmp_path / "rendition", stop=Event())
    with pytest.raises(Unavailable, match="has not the right"):
        put(watch, RENDITION, source)
    with pytest.raises(Unavailable, match="has not the right"):
        watch.delete(KEY)
    assert sorted(site.keys()) == [RENDITION, KEY, "taken/a.avi"]


def test_the_server_throws_away_what_a_killed_upload_leaves(tmp_path: Path, sources: Sources) -> None:
    expiry, interval = re.findall(r"`(MINIO_API_STALE_UPLOADS_\w+)`", HOW_TO.read_text())
    source = sources.make(LARGE)
    with running_minio(tmp_path / "minio") as server:
        bucket = server.make_bucket()
        arguments = [server.url(bucket), KEY, str(source.path), source.sha256]
        killed = subprocess.run([sys.executable, "-c", PUT_AND_DIE, *arguments], check=False)
        assert killed.returncode == -signal.SIGKILL
        for settings in ({}, {expiry: "1s", interval: "1s"}):
            # Not by the restart: it is still there after the first one.
            assert unfinished_uploads(server.client(), bucket) == 1
            server.stop()
            server.settings = settings
            server.start()
        until(lambda: unfinished_uploads(server.client(), bucket) == 0)
