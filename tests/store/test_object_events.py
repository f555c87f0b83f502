"""A store that tells what arrives is listened to; one that does not is known by what it answers."""

import io
import threading
from pathlib import Path
from threading import Event

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.store.object_events import keys_of_event
from mediaproc.store.store_url import open_store
from tests.parts.minio import MinioServer
from tests.store.failing_store import SECRET
from tests.store.minio_users import add_user

HOSTILE = ["in/a b+c%20d.avi", "in/电影\n\u202ex.avi", "in/q=1&r/'\".avi"]


def test_the_stream_tells_the_keys_under_the_prefix_as_they_are(minio_server: MinioServer) -> None:
    bucket = minio_server.make_bucket()
    store, client, end = open_store(minio_server.url(bucket)), minio_server.client(), Event()
    heard: set[str] = set()

    def put_until_heard() -> None:
        # The server holds its events back until some kilobytes have gathered: others follow, until all were heard.
        while not end.wait(0.02):
            for key in [*HOSTILE, "other/x.avi"]:
                client.put_object(bucket, key, io.BytesIO(b"x"), 1)

    putting = threading.Thread(target=put_until_heard)
    putting.start()
    try:
        with store.arrivals("in/", stop=Event()) as keys:
            for key in keys:
                heard.add(key)
                if heard == set(HOSTILE):
                    break
    finally:
        end.set()
        putting.join()
    assert heard == set(HOSTILE)


def test_a_key_without_the_right_and_a_folder_tell_nothing(minio_server: MinioServer, tmp_path: Path) -> None:
    bucket = minio_server.make_bucket()
    add_user(minio_server, bucket, user="deaf", actions=["s3:ListBucket", "s3:GetBucketLocation"])
    store = open_store(minio_server.url(bucket, user="deaf", password=SECRET))
    with pytest.raises(PartMissing, match="s3:ListenBucketNotification"), store.arrivals("in/", stop=Event()):
        pass
    with (
        pytest.raises(PartMissing, match="tells nothing"),
        open_store(tmp_path.as_uri()).arrivals("in/", stop=Event()),
    ):
        pass


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b'{"Records":null}',
        b"<ListBucketResult/>",
        b"[1]",
        b'{"Records":[1,{"s3":1},{"s3":{"object":{"key":5}}}]}',
        b"\xff",
    ],
)
def test_what_is_no_event_tells_nothing(line: bytes) -> None:
    assert list(keys_of_event(line)) == []
