"""The uploader's view: who has the link sees one upload in words for uploaders, and nothing else."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope
from mediaproc.core.share_link import ShareLink
from mediaproc.core.uploader_state import UploaderState
from mediaproc.parts import Parts
from mediaproc.web.preferences import Language
from mediaproc.web.texts import texts_in
from tests.parts.postgres import PostgresServer
from tests.parts.serve import FROM_OUR_PAGE
from tests.web.conftest import opened
from tests.web.filled_site import HOSTILE, Filled, fill
from tests.web.server import Answer, Server, serving, site_of

FILM = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8
CHINESE = {"Accept-Language": "zh-CN", "Accept": "text/html"}


@pytest.fixture(scope="module")
def filled(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Filled]]:
    """A site whose completed task has a rendition in the store."""
    name = postgres_server.create_database()
    folder = tmp_path_factory.mktemp("share")
    with opened(postgres_server.url(name), folder) as parts:
        rows = fill(parts.database)
        _keep_rendition(parts, rows.completed, folder=folder)
        with serving(site_of(parts)) as server:
            yield server, rows
    postgres_server.drop_database(name)


def _keep_rendition(parts: Parts, task_id: int, *, folder: Path) -> None:
    (folder / "film.mp4").write_bytes(FILM)
    key = "renditions/film.mp4"
    stop = threading.Event()
    parts.store.put(
        key, folder / "film.mp4", sha256=hashlib.sha256(FILM).hexdigest(), content_type="video/mp4", stop=stop
    )
    with parts.database.write() as connection:
        connection.execute(
            text("UPDATE media_process_history SET output_bucket = :bucket, output_key = :key WHERE id = :id"),
            {"bucket": parts.store.bucket, "key": key, "id": task_id},
        )


@pytest.fixture
def server(filled: tuple[Server, Filled]) -> Server:
    return filled[0]


@pytest.fixture
def rows(filled: tuple[Server, Filled]) -> Filled:
    return filled[1]


def test_every_state_has_its_sentence_in_both_languages() -> None:
    assert all(texts_in(language).has(f"share.{state}") for state in UploaderState for language in Language)


def _get(server: Server, path: str, **headers: str) -> Answer:
    """Without any credentials."""
    return server.get(path, headers={"Accept": "text/html", **headers})


@pytest.mark.parametrize(
    ("state", "english", "chinese"),
    [
        ("pending", "Your video is in line.", "您的视频正在排队。"),
        ("processing", "Your video is being prepared.", "您的视频正在处理中。"),
        ("exhausted", "The video could not be converted.", "视频转换没有成功"),
        ("completed", "Your video is ready.", "您的视频已就绪。"),
        ("cancelled", "Someone who runs this site stopped it.", "本站管理员停止了处理。"),
        ("hostile", "This file is not a video that we can read.", "这个文件不是我们能读取的视频。"),
    ],
)
def test_each_state_is_told_in_both_languages_without_a_login(
    server: Server, rows: Filled, state: str, english: str, chinese: str
) -> None:
    answer = _get(server, rows.shared[state])
    assert answer.status == 200
    assert english in answer.text
    assert chinese in server.get(rows.shared[state], headers=CHINESE).text


def test_nothing_that_was_meant_for_those_who_run_the_site_is_told(server: Server, rows: Filled) -> None:
    with server.site.parts.database.read() as connection:
        ids = connection.scalars(text("SELECT id::text FROM media_executor")).all()
    for path in rows.shared.values():
        page = _get(server, path).text
        for word in ("node-a", "ffmpeg gave up", "executor", "mediaproc resume", "frame= 7", "attempt", *ids):
            assert word not in page, (path, word)
        assert page.count("<form") == 2  # language and theme


def test_what_is_not_drawn_exactly_is_told_with_the_film_in_both_languages(server: Server, rows: Filled) -> None:
    page = _get(server, rows.shared["completed"]).text
    assert "Not quite as in your editor" in page
    assert "The draft names no frame rate: 30 frames a second are taken." in page
    assert HOSTILE[0] not in page
    assert "The sticker &#39;&lt;script&gt;alert(1)" in page
    assert page.count("is not drawn.") == 1
    page = server.get(rows.shared["completed"], headers=CHINESE).text
    assert "与剪辑软件中不完全一致" in page
    assert "贴纸“&lt;script&gt;alert(1)" in page
    assert "Not quite as in your editor" not in _get(server, rows.shared["cancelled"]).text


def test_a_hostile_name_is_text(server: Server, rows: Filled) -> None:
    page = _get(server, rows.shared["hostile"]).text
    assert HOSTILE[0] not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_rendition_is_played_through_the_link_and_the_source_never(server: Server, rows: Filled) -> None:
    path = rows.shared["completed"]
    assert f'src="{path}/rendition"' in _get(server, path).text
    whole = _get(server, f"{path}/rendition")
    assert (whole.status, whole.body, whole.headers["Content-Type"]) == (200, FILM, "video/mp4")
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    part = _get(server, f"{path}/rendition", Range="bytes=4-7")
    assert (part.status, part.body) == (206, b"ftyp")
    for state in set(rows.shared) - {"completed"}:
        assert _get(server, f"{rows.shared[state]}/rendition").status == 404


def test_a_link_that_was_forged_or_signed_by_another_site_is_not_good(server: Server, rows: Filled) -> None:
    link = ShareLink(task_id=rows.completed, expires_at=4_000_000_000)
    good, foreign = link.signed(key=server.site.key), link.signed(key=b"x" * 32)
    assert _get(server, f"/share/{good}").status == 200
    for signed in (foreign, good[:-1], good + "A", good.swapcase(), f"{rows.completed}", "A" * 150, "%00", "%2e%2e"):
        for path in (f"/share/{signed}", f"/share/{signed}/rendition"):
            answer = _get(server, path)
            assert answer.status in {404, 405}, path
            assert b"clip" not in answer.body
    assert "Please ask whoever gave it to you" in _get(server, f"/share/{foreign}").text
    with serving(replace(server.site, key=b"y" * 32)) as rotated:
        assert _get(rotated, f"/share/{good}").status == 404


def test_a_link_that_is_over_shows_nothing(server: Server, rows: Filled) -> None:
    over = ShareLink(task_id=rows.completed, expires_at=1_500_000_000).signed(key=server.site.key)
    assert _get(server, f"/share/{over}").status == 404
    assert _get(server, f"/share/{over}/rendition").status == 404


def test_a_link_to_a_task_that_is_gone_is_over_and_of_a_deleted_one_says_so(server: Server) -> None:
    gone = ShareLink(task_id=999_999_999, expires_at=4_000_000_000).signed(key=server.site.key)
    assert _get(server, f"/share/{gone}").status == 404
    with server.site.parts.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO media_process_history (id, file_id, profile, filename, bucket, object_key, priority,"
                " fail_count, attempt, outcome, created_at)"
                " VALUES (888888, '', 'mp4', '', '', '', 0, 0, 1, 'deleted', now())"
            )
        )
    deleted = ShareLink(task_id=888_888, expires_at=4_000_000_000).signed(key=server.site.key)
    assert "This video was deleted." in _get(server, f"/share/{deleted}").text


def test_a_program_gets_the_link_and_when_it_is_over(server: Server, rows: Filled) -> None:
    operator = server.token(Scope.OPERATE)
    asked = server.ask("POST", f"/api/v1/tasks/{rows.pending}/share", token=operator, body={"expires": 3600})
    told = asked.json()
    assert list(told) == ["url", "expires_at"]
    assert told["expires_at"].endswith("Z")
    assert told["url"].startswith(server.url)
    assert "holiday in the mountains.avi" in _get(server, urlsplit(told["url"]).path).text
    audit = server.get("/api/v1/audit?act=share", token=server.token(Scope.READ)).json()["items"]
    assert audit[0]["selection"] == str(rows.pending)


def test_only_who_may_operate_on_the_task_shares_it(server: Server, rows: Filled) -> None:
    path = f"/api/v1/tasks/{rows.pending}/share"
    assert server.ask("POST", path, body={}).status == 401
    for scope in (Scope.READ, Scope.ENQUEUE):
        assert server.ask("POST", path, token=server.token(scope), body={}).status == 403
    assert server.ask("POST", path, token=server.token(Scope.OPERATE, tenant="ann"), body={}).status == 404
    assert server.ask("POST", path, token=server.token(Scope.OPERATE), body={"expires": 1}).status == 422


def test_the_page_of_a_task_gives_the_link(server: Server, rows: Filled) -> None:
    cookie = {"Cookie": f"mediaproc={server.login(Scope.OPERATE)}", "Accept": "text/html"}
    path = f"/tasks/{rows.pending}/share"
    assert f'action="{path}"' in server.get(f"/tasks/{rows.pending}", headers=cookie).text
    made = server.ask("POST", path, headers={**FROM_OUR_PAGE, **cookie})
    assert made.status == 200
    assert f"{server.url}/share/" in made.text
    reader = {"Cookie": f"mediaproc={server.login(Scope.READ)}"}
    assert server.ask("POST", path, headers={**FROM_OUR_PAGE, **reader}).status == 403
