"""The documented policy makes renditions public and nothing else: tested on MinIO without a key."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from minio.commonconfig import CopySource
from sqlalchemy import Engine, text

from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.parts.minio import MinioServer

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "deploy" / "minio" / "public-renditions.json"
HOW_TO = ROOT / "docs" / "how-to" / "fetch-the-results.md"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A bucket with a source and its rendition."""

    server: MinioServer
    bucket: str
    url: str
    rendition: str
    source: str
    file_id: str

    def apply(self, *, resource: str = "videos/renditions/*") -> None:
        policy = POLICY.read_text(encoding="utf-8")
        assert "videos/renditions/*" in policy
        changed = policy.replace("videos/renditions/*", resource).replace(":::videos", f":::{self.bucket}")
        self.server.client().set_bucket_policy(self.bucket, changed)

    def read(self, key: str) -> int:
        """The HTTP status of a request without a key."""
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request("GET", f"http://{self.server.address}/{self.bucket}/{key}").status


@pytest.fixture
def published(
    site: Command, engine: Engine, minio_server: MinioServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Published:
    bucket = minio_server.make_bucket()
    monkeypatch.setenv("MEDIAPROC_STORE_URL", minio_server.url(bucket))
    assert site("transcode", make_clip(tmp_path / "film.avi"), "--out", tmp_path / "out").code == 0
    with engine.begin() as connection:
        url, rendition, source, file_id = connection.execute(
            text(
                "SELECT file.url, history.output_key, file.object_key, file.id"
                " FROM media_process_history AS history JOIN media_files AS file ON file.id = history.file_id"
            )
        ).one()
    return Published(server=minio_server, bucket=bucket, url=url, rendition=rendition, source=source, file_id=file_id)


def _names_made_of(published: Published) -> list[str]:
    """Keys that a person with the rendition's URL may try."""
    token = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", published.rendition)[0]
    moved = published.rendition.replace("renditions/", "sources/")
    stems = [
        moved.rsplit(".", 1)[0],
        f"sources/{token[0]}/{token[1]}/{token}",
        f"{token[0]}/{token[1]}/{token}/{token}",
    ]
    climbing = [f"renditions/../{published.source}", f"renditions/%2e%2e/{published.source}"]
    lists = ["", "?list-type=2", "?list-type=2&prefix=sources/", "?list-type=2&prefix=renditions/", "?versions"]
    return [moved, *(f"{stem}.{extension}" for stem in stems for extension in ("avi", "mp4")), *climbing, *lists]


def test_the_public_read_renditions_and_no_source_by_any_name_made_of_theirs(published: Published) -> None:
    assert published.read(published.rendition) == 403
    published.apply()
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request("GET", published.url)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
    told = f"{published.url} {dict(answer.headers)}"
    assert published.file_id not in told
    assert published.file_id.encode() not in answer.data
    for key in (published.source, *_names_made_of(published)):
        assert published.read(key) in {400, 403}, key


def test_with_a_policy_for_the_whole_bucket_the_source_would_be_read(published: Published) -> None:
    published.apply(resource="videos/*")
    assert published.read(published.source) == 200


def test_a_source_under_a_key_of_an_earlier_form_is_taken_where_its_row_says(
    site: Command, engine: Engine, minio_server: MinioServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, client = minio_server.make_bucket(), minio_server.client()
    monkeypatch.setenv("MEDIAPROC_STORE_URL", minio_server.url(bucket))
    film = make_clip(tmp_path / "film.avi")
    (told,) = site("enqueue", "--json", film).objects()
    file_id = told["file"]
    earlier = f"{file_id[0]}/{file_id[1]}/{file_id}/{file_id}.avi"
    with engine.begin() as connection:
        now = connection.execute(text("SELECT object_key FROM media_files")).scalar_one()
        for table in ("media_files", "media_process"):
            connection.execute(text(f"UPDATE {table} SET object_key = :key"), {"key": earlier})  # noqa: S608
    client.copy_object(bucket, earlier, CopySource(bucket, now))
    client.remove_object(bucket, now)
    assert "1 duplicate" in site("enqueue", film).out
    assert site("executor", "--until-idle", "--slots", 1).code == 0
    with engine.begin() as connection:
        made = connection.execute(text("SELECT output_key FROM media_process_history")).scalar_one()
    assert {each.object_name for each in client.list_objects(bucket, recursive=True)} == {earlier, made}
    assert made.startswith("renditions/")


def test_the_documented_policy_is_the_one_that_is_tried() -> None:
    (documented,) = re.findall(r"```json\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    assert json.loads(documented) == json.loads(POLICY.read_text(encoding="utf-8"))
