"""Bytes that go to MinIO itself, by links: size and digest are checked before the file is taken, whoever dies when."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3

from mediaproc.config import Settings
from mediaproc.core.access import Scope
from mediaproc.db import resumable_uploads
from mediaproc.enqueue.resumable import sweep_expired_uploads
from mediaproc.enqueue.resumable.presigned import LINKS_WORK_FOR
from mediaproc.parts import open_parts
from tests.parts.clips import Clips
from tests.parts.minio import links_signed_ago
from tests.parts.waiting import until
from tests.web.server import Answer, Server, serving, site_of

PATH = "/api/v1/uploads"
PART = 8 * 1024 * 1024


@pytest.fixture
def minio_server_of_site(database_url: str, minio_url: str, tmp_path: Path) -> Iterator[Server]:
    with _served(database_url, minio_url, tmp_path) as server:
        yield server


@contextmanager
def _served(database_url: str, store_url: str, folder: Path) -> Iterator[Server]:
    named = {"database_url": database_url, "store_url": store_url, "home": folder / "home"}
    with open_parts(Settings.model_validate(named)) as parts:
        parts.store.prepare()
        with serving(site_of(parts)) as server:
            yield server
        server.site.uploads.close()


def begin(server: Server, token: str, **wanted: object) -> Answer:
    return server.ask("POST", f"{PATH}/presigned", token=token, body={"filename": "film.avi"} | wanted)


def put(urls: list[str], data: bytes, *, part_size: int) -> None:
    pool = urllib3.PoolManager()
    for number, url in enumerate(urls):
        answer = pool.request("PUT", url, body=data[number * part_size : (number + 1) * part_size])
        assert answer.status == 200, answer.data


def ended(server: Server, path: str, token: str) -> dict[str, Any]:
    def told() -> dict[str, Any] | None:
        state: dict[str, Any] = server.get(path, token=token).json()
        return None if state["status"] in {"uploading", "received"} else state

    return until(told)


def test_parts_that_go_to_the_store_become_a_file_and_its_task(minio_server_of_site: Server, clips: Clips) -> None:
    server = minio_server_of_site
    token = server.token(Scope.ENQUEUE)
    data = clips.make(seed=401).read_bytes() + bytes(PART + 1000)
    digest = hashlib.sha256(data).hexdigest()
    begun = begin(server, token, size=len(data), sha256=digest, profile="mp4,poster", priority=4)
    assert begun.status == 201, begun.text
    told, path = begun.json(), begun.headers["Location"]
    assert (told["part_size"], len(told["urls"])) == (PART, 2)
    put(told["urls"][1:], data[PART:], part_size=PART)
    early = server.ask("POST", f"{path}/complete", token=token)
    assert (early.status, early.json()["detail"]) == (
        409,
        f"The store has {len(data) - PART} bytes of the {len(data)} that were promised: send the other parts.",
    )
    put(told["urls"][:1], data, part_size=PART)
    completed = server.ask("POST", f"{path}/complete", token=token)
    assert completed.status == 202, completed.text
    state = ended(server, path, token)
    assert (state["status"], state["file"]) == ("enqueued", digest)
    assert [(task["profile"], task["priority"]) for task in state["tasks"]] == [("mp4", 4), ("poster", 4)]
    again = server.ask("POST", f"{path}/complete", token=token)
    assert (again.status, again.json()["status"]) == (202, "enqueued")
    until(lambda: not list(server.site.parts.store.keys("uploads/")))


def test_bytes_that_were_not_promised_are_refused(minio_server_of_site: Server, clips: Clips) -> None:
    server = minio_server_of_site
    token = server.token(Scope.ENQUEUE)
    data = clips.make(seed=402).read_bytes()
    begun = begin(server, token, size=len(data), sha256="0" * 64)
    put(begun.json()["urls"], data, part_size=PART)
    path = begun.headers["Location"]
    assert server.ask("POST", f"{path}/complete", token=token).status == 202
    state = ended(server, path, token)
    assert (state["status"], state["error"], state["tasks"]) == (
        "refused",
        "The bytes that came are not those that were promised: upload the file again.",
        [],
    )


def test_a_server_that_dies_once_the_parts_are_joined_loses_nothing(
    minio_server_of_site: Server, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = minio_server_of_site
    token = server.token(Scope.ENQUEUE)
    data = clips.make(seed=403).read_bytes()
    begun = begin(server, token, size=len(data))
    put(begun.json()["urls"], data, part_size=PART)
    path = begun.headers["Location"]
    with monkeypatch.context() as patched:
        patched.setattr(resumable_uploads, "advance", lambda *_, **__: False)
        server.ask("POST", f"{path}/complete", token=token)
    assert server.ask("POST", f"{path}/complete", token=token).status == 202
    assert ended(server, path, token)["file"] == hashlib.sha256(data).hexdigest()


def test_a_link_is_for_its_part_alone_and_what_is_left_is_swept(minio_server_of_site: Server) -> None:
    server = minio_server_of_site
    told = begin(server, server.token(Scope.ENQUEUE), size=5).json()
    pool = urllib3.PoolManager()
    (url,) = told["urls"]
    for method, other in (("GET", url), ("PUT", url.replace("partNumber=1", "partNumber=2")), ("DELETE", url)):
        assert pool.request(method, other, body=b"12345").status == 403
    with server.site.parts.database.write() as connection:
        connection.exec_driver_sql("UPDATE media_resumable_upload SET expires_at = now() - interval '1 s'")
    assert sweep_expired_uploads(server.site.parts.database, server.site.parts.store) == 1


def test_an_expired_link_takes_nothing_and_leaves_nothing_and_the_answer_told_until_when_it_works(
    minio_server_of_site: Server, clips: Clips
) -> None:
    server = minio_server_of_site
    token, pool = server.token(Scope.ENQUEUE), urllib3.PoolManager()
    data = clips.make(seed=404).read_bytes()
    # Shortly before its end a link still works.
    with links_signed_ago(LINKS_WORK_FOR - 300):
        put(begin(server, token, size=len(data)).json()["urls"], data, part_size=PART)
    with links_signed_ago(LINKS_WORK_FOR + 1):
        begun = begin(server, token, size=len(data))
    told, path = begun.json(), begun.headers["Location"]
    created = datetime.fromisoformat(server.get(path, token=token).json()["created_at"])
    assert (datetime.fromisoformat(told["urls_expire_at"]) - created).total_seconds() == LINKS_WORK_FOR
    refused = pool.request("PUT", told["urls"][0], body=data)
    assert (refused.status, b"Request has expired" in refused.data) == (403, True)
    completed = server.ask("POST", f"{path}/complete", token=token)
    assert (completed.status, completed.json()["detail"]) == (
        409,
        f"The store has 0 bytes of the {len(data)} that were promised: send the other parts.",
    )
    state = server.get(path, token=token).json()
    assert (state["status"], state["received"], state["tasks"], state["error"]) == ("uploading", 0, [], None)
    assert not list(server.site.parts.store.keys())
    # A new one takes the same bytes.
    again = begin(server, token, size=len(data))
    put(again.json()["urls"], data, part_size=PART)
    assert server.ask("POST", f"{again.headers['Location']}/complete", token=token).status == 202
    assert ended(server, again.headers["Location"], token)["file"] == hashlib.sha256(data).hexdigest()


def test_a_folder_gives_no_links_and_an_upload_by_tus_is_not_completed(server: Server) -> None:
    token = server.token(Scope.ENQUEUE)
    refused = begin(server, token, size=5)
    assert (refused.status, refused.json()["detail"]) == (
        409,
        "This site keeps objects in a folder, which gives no links: upload by tus instead.",
    )
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    path = server.ask("POST", PATH, token=token, headers=headers).headers["Location"]
    assert server.ask("POST", f"{path}/complete", token=token).status == 409
    assert begin(server, token, size=0).status == 422
    assert begin(server, token, size=5, profile="webm").status == 400
