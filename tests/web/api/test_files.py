"""Bytes of uploads and renditions: for whom they are, from the disk or by a link of the store, never as a page."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from mediaproc.config import Settings
from mediaproc.core.access import Scope
from mediaproc.core.notes.record import record_of
from mediaproc.parts import open_parts
from mediaproc.store.interface import Store
from tests.db.task_rows import sticker_notes
from tests.parts.minio import MinioServer, links_signed_ago
from tests.parts.postgres import PostgresServer
from tests.web.api.conftest import ApiSite
from tests.web.server import Server, serving, site_of

API = "/api/v1/files"
# What no browser may run from this site.
HOSTILE = b"<html><script>alert(document.cookie)</script></html>" * 100


def _put(store: Store, key: str, folder: Path, content: bytes = HOSTILE) -> None:
    path = folder / "bytes"
    path.write_bytes(content)
    checksum = hashlib.sha256(content).hexdigest()
    store.put(key, path, sha256=checksum, content_type="text/html", stop=threading.Event())


@dataclass(frozen=True, kw_only=True)
class Film:
    """An upload whose name is hostile, and its rendition, which is a page in truth."""

    file_id: str
    task: int


def _film(api: ApiSite, folder: Path, *, name: str, tenant: str = "") -> Film:
    (task,) = api.add(name, tenant=tenant)
    store = api.server.site.parts.store
    with api.engine.begin() as connection:
        file_id, source = connection.execute(
            text(
                "UPDATE media_process SET bucket = :bucket WHERE id = :id RETURNING file_id, object_key"
            ), {"bucket": store.bucket, "id": task},
        ).one()  # fmt: skip
        connection.execute(
            text("UPDATE media_files SET bucket = :bucket, mime_type = 'text/html' WHERE id = :id"),
            {"bucket": store.bucket, "id": file_id},
        )
    _put(store, source, folder)
    api.complete(task)
    with api.engine.begin() as connection:
        key = connection.scalar(
            text("UPDATE media_process_history SET output_bucket = :bucket WHERE id = :id RETURNING output_key"),
            {"bucket": store.bucket, "id": task},
        )
    _put(store, str(key), folder)
    return Film(file_id=file_id, task=task)


@pytest.fixture(scope="module")
def film(api: ApiSite, tmp_path_factory: pytest.TempPathFactory) -> Film:
    return _film(api, tmp_path_factory.mktemp("film"), name='x"\u202e../<b>', tenant="ann")


def test_a_file_is_told_with_its_tasks(api: ApiSite, film: Film) -> None:
    told = api.server.get(f"{API}/{film.file_id}", token=api.reader).json()
    assert (told["id"], told["status"], told["size"]) == (film.file_id, "stored", 1000)
    assert [(each["id"], each["status"]) for each in told["tasks"]] == [(film.task, "completed")]


@pytest.mark.parametrize("what", ["rendition", "source"])
def test_hostile_bytes_are_a_download_and_no_page_of_this_site(api: ApiSite, film: Film, what: str) -> None:
    answer = api.server.get(f"{API}/{film.file_id}/{what}", token=api.operator)
    assert (answer.status, answer.body) == (200, HOSTILE)
    assert answer.headers["Content-Type"] == {"rendition": "video/mp4", "source": "application/octet-stream"}[what]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "\u202e" not in answer.headers["Content-Disposition"]
    assert "/" not in answer.headers["Content-Disposition"]


def test_a_rendition_leads_to_the_notes_on_it(api: ApiSite, film: Film) -> None:
    path = f"{API}/{film.file_id}/rendition"
    assert "Link" not in api.server.get(path, token=api.reader).headers
    with api.engine.begin() as connection:
        kept = bindparam("notes", record_of(sticker_notes(2)), type_=JSONB)
        connection.execute(
            text("UPDATE media_process_history SET notes = :notes WHERE id = :id").bindparams(kept), {"id": film.task}
        )
    link = api.server.get(path, token=api.reader).headers["Link"]
    assert link == f'</api/v1/tasks/{film.task}>; rel="describedby"'
    told = api.server.get(f"/api/v1/tasks/{film.task}", token=api.reader).json()["rendition"]
    assert [each["sentence"] for each in told["notes"]] == ["The sticker 'cat' is not drawn."] * 2


def test_a_player_gets_the_parts_that_it_asks_for(api: ApiSite, film: Film) -> None:
    path = f"{API}/{film.file_id}/rendition"
    part = api.server.get(path, token=api.reader, headers={"Range": "bytes=6-13"})
    assert (part.status, part.body) == (206, HOSTILE[6:14])
    assert part.headers["Content-Range"] == f"bytes 6-13/{len(HOSTILE)}"
    assert api.server.get(path, token=api.reader, headers={"Range": "bytes=999999-"}).status == 416
    # Thousands of parts that overlap would be sent as many times.
    many = api.server.get(path, token=api.reader, headers={"Range": "bytes=" + ",".join(["0-"] * 2000)})
    assert len(many.body) <= 2 * len(HOSTILE)


def test_another_tenants_file_is_not_there(api: ApiSite, film: Film) -> None:
    ann = api.server.token(Scope.OPERATE, tenant="ann")
    bob = api.server.token(Scope.OPERATE, tenant="bob")
    for path in ("", "/rendition", "/source"):
        assert api.server.get(f"{API}/{film.file_id}{path}", token=ann).status == 200
        refused = api.server.get(f"{API}/{film.file_id}{path}", token=bob)
        assert (refused.status, refused.json()["detail"]) == (404, f"There is no file {film.file_id}.")


def test_a_source_needs_more_than_the_right_to_read(api: ApiSite, film: Film) -> None:
    assert api.server.get(f"{API}/{film.file_id}/source", token=api.reader).status == 403


def test_a_tenant_sees_the_name_that_it_gave(api: ApiSite, film: Film) -> None:
    with api.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO media_upload (file_id, tenant, filename) VALUES (:id, 'cat', 'mine.avi')"),
            {"id": film.file_id},
        )
    cat = api.server.token(Scope.READ, tenant="cat")
    assert api.server.get(f"{API}/{film.file_id}", token=cat).json()["filename"] == "mine.avi"
    named = api.server.get(f"{API}/{film.file_id}/rendition", token=cat).headers["Content-Disposition"]
    assert 'filename="mine.mp4"' in named


@pytest.mark.parametrize("name", ["..", "%2e%2e", "%2e%2e%2fetc", "a" * 4096, "\\..", "%00", "F" * 64, "f" * 63])
def test_a_file_is_known_by_its_checksum_alone(api: ApiSite, name: str) -> None:
    answer = api.server.get(f"{API}/{name}/rendition", token=api.reader)
    assert answer.status in {404, 422}


def test_what_is_not_there_is_told_in_a_sentence(api: ApiSite, film: Film) -> None:
    for path, detail in (
        (f"{'e' * 64}/rendition", f"There is no file {'e' * 64}."),
        (f"{film.file_id}/rendition?profile=gif", "There is no rendition of this file for the profile gif."),
    ):
        answer = api.server.get(f"{API}/{path}", token=api.reader)
        assert (answer.status, answer.json()["detail"]) == (404, detail)
    unknown = api.server.get(f"{API}/{film.file_id}/rendition?profile=webm", token=api.reader)
    assert unknown.status == 400


def test_bytes_that_the_store_lost_are_told_as_lost(api: ApiSite, tmp_path: Path) -> None:
    lost = _film(api, tmp_path, name="lost")
    store = api.server.site.parts.store
    with api.engine.connect() as connection:
        key = connection.scalar(text("SELECT output_key FROM media_process_history WHERE id = :id"), {"id": lost.task})
    store.delete(str(key))
    answer = api.server.get(f"{API}/{lost.file_id}/rendition", token=api.reader)
    assert (answer.status, answer.json()["detail"]) == (404, "Its bytes are not in the store any more.")


@pytest.fixture(scope="module")
def on_minio(
    postgres_server: PostgresServer, minio_server: MinioServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    name = postgres_server.create_database()
    settings = {
        "database_url": postgres_server.url(name),
        "store_url": minio_server.url(minio_server.make_bucket()),
        "home": tmp_path_factory.mktemp("minio"),
    }
    with open_parts(Settings.model_validate(settings)) as parts, serving(site_of(parts)) as server:
        yield server
    postgres_server.drop_database(name)


@pytest.fixture(scope="module")
def minio_api(on_minio: Server) -> ApiSite:
    return ApiSite(
        server=on_minio, engine=on_minio.site.parts.database.engine, reader=on_minio.token(Scope.READ),
        operator=on_minio.token(Scope.OPERATE), admin=on_minio.token(Scope.ADMIN),
    )  # fmt: skip


def test_a_link_that_has_expired_gives_nothing_and_the_next_one_works(minio_api: ApiSite, tmp_path: Path) -> None:
    film = _film(minio_api, tmp_path, name="late")

    def link(what: str) -> str:
        return minio_api.server.get(f"{API}/{film.file_id}/{what}", token=minio_api.operator).headers["Location"]

    with urllib3.PoolManager() as pool:
        for what in ("rendition", "source"):
            with links_signed_ago(301):
                expired = pool.request("GET", link(what))
            assert (expired.status, b"Request has expired" in expired.data) == (403, True)
            with links_signed_ago(200):
                assert pool.request("GET", link(what)).status == 200
            assert pool.request("GET", link(what)).data == HOSTILE


def test_a_link_of_the_store_gives_one_object_for_a_while(on_minio: Server, minio_api: ApiSite, tmp_path: Path) -> None:
    api = minio_api
    film = _film(api, tmp_path, name="on minio")
    answer = on_minio.get(f"{API}/{film.file_id}/rendition", token=api.reader)
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    link = answer.headers["Location"]
    assert "X-Amz-Expires=300" in link
    with urllib3.PoolManager() as pool:
        got = pool.request("GET", link)
        assert (got.status, got.data) == (200, HOSTILE)
        assert got.headers["Content-Type"] == "video/mp4"
        assert got.headers["Content-Disposition"].startswith('attachment; filename="on minio-0.mp4"')
        assert pool.request("GET", link, headers={"Range": "bytes=0-5"}).data == HOSTILE[:6]
        for method in ("PUT", "DELETE"):
            assert pool.request(method, link).status == 403
        other = urlsplit(link)
        assert pool.request("GET", other._replace(path=other.path + "x").geturl()).status == 403
        assert pool.request("GET", link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")).status == 403
        assert pool.request("GET", other._replace(query="").geturl()).status == 403
