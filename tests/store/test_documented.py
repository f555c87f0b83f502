"""What the how-to says about MinIO, tried on MinIO."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest
from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider

from mediaproc.core.errors import AttemptFailed
from mediaproc.store.minio import PART_SIZE
from mediaproc.store.open import open_store
from tests.chaos.waiting import until
from tests.parts.minio import MinioServer, running_minio
from tests.store.conftest import Sources

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "keep-objects-in-minio.md"
KEY = "a/3/a3f1/a3f1.avi"
SECRET = "a-secret-of-the-least-user"
LARGE = 3 * PART_SIZE

PUT_AND_DIE = """
import os, signal, sys
from pathlib import Path
from threading import Event
from mediaproc.store.minio import PART_SIZE
from mediaproc.store.open import open_store
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


def test_the_documented_rights_are_enough(minio_server: MinioServer, sources: Sources, tmp_path: Path) -> None:
    bucket = minio_server.make_bucket()
    policy, *_ = re.findall(r"```json\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    admin = MinioAdmin(
        endpoint=minio_server.address,
        credentials=StaticProvider(minio_server.user, minio_server.password),
        secure=False,
    )
    admin.user_add("least", SECRET)
    admin.policy_add("least", policy=json.loads(policy.replace(":::videos", f":::{bucket}")))
    admin.policy_set("least", user="least")
    store = open_store(minio_server.url(bucket, user="least", password=SECRET))
    source = sources.make(LARGE)
    store.check()
    assert store.stat(KEY) is None
    store.put(KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event())
    assert store.get(KEY, tmp_path / "back", stop=Event()).sha256 == source.sha256
    store.delete(KEY)
    assert store.stat(KEY) is None
    with pytest.raises(AttemptFailed):
        store.put(KEY, source.path, sha256="0" * 64, content_type="video/mp4", stop=Event())
    assert unfinished_uploads(minio_server.client(), bucket) == 0


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
