"""A film whose bytes a store gives by links that end soon still plays for whoever comes back later."""

import hashlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from sqlalchemy import text

from mediaproc.config import Settings
from mediaproc.core.access import Scope
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.parts import open_parts
from mediaproc.web import downloads
from tests.db.attempt_ends import complete
from tests.db.task_rows import add_tasks, claim_one
from tests.parts.browser import Visitor
from tests.parts.waiting import until
from tests.web.server import Server, serving, site_of


@pytest.fixture
def on_minio(database_url: str, minio_url: str, tmp_path: Path) -> Iterator[Server]:
    named = {"database_url": database_url, "store_url": minio_url, "home": tmp_path / "home"}
    with open_parts(Settings.model_validate(named)) as parts:
        parts.store.prepare()
        store = urlsplit(minio_url)
        with serving(site_of(parts, media_origins=(f"http://{store.hostname}:{store.port}",))) as server:
            yield server


def _film(path: Path) -> Path:
    """Ten seconds that cannot be compressed, so that no browser has all of them before somebody plays it."""
    width, height, rate, seconds = 320, 240, 25, 10
    noise = os.urandom(width * height * 3 // 2) * (rate * seconds)
    command = [
        str(find_tools(ffmpeg=None, ffprobe=None).ffmpeg), "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p",
        "-s", f"{width}x{height}", "-r", str(rate), "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "4",
        "-g", "1", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    subprocess.run(command, input=noise, check=True)
    return path


def _shared(server: Server, film: Path) -> str:
    """The uploader's view of a task with this film as its rendition."""
    database, store = server.site.parts.database, server.site.parts.store
    (task_id,) = add_tasks(database.engine, count=1)
    task = claim_one(database.engine)
    with database.write() as connection:
        assert complete(connection, task)
        key = connection.scalar(
            text("UPDATE media_process_history SET output_bucket = :bucket WHERE id = :id RETURNING output_key"),
            {"bucket": store.bucket, "id": task_id},
        )
    sha256 = hashlib.sha256(film.read_bytes()).hexdigest()
    store.put(str(key), film, sha256=sha256, content_type="video/mp4", stop=threading.Event())
    share = server.ask("POST", f"/api/v1/tasks/{task_id}/share", token=server.token(Scope.OPERATE), body={})
    url: str = share.json()["url"]
    return url


def test_a_film_that_was_opened_long_ago_is_played_by_the_next_link(
    on_minio: Server, visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = _shared(on_minio, _film(tmp_path / "film.mp4"))
    page = visitor.page()
    links: list[str] = []
    page.on("request", lambda request: links.append(request.url) if "X-Amz-Signature" in request.url else None)
    player = page.locator("video")
    with monkeypatch.context() as patched:
        patched.setattr(downloads, "_LINK_WORKS_FOR", 2)
        page.goto(address)
        until(lambda: player.evaluate("(film) => film.readyState > 0"))
    with urllib3.PoolManager() as pool:
        until(lambda: pool.request("GET", links[-1], preload_content=False).status == 403)
    player.evaluate(
        "(film) => { film.addEventListener('error', () => { film.dataset.hasFailed = 'yes'; });"
        " film.muted = true; film.currentTime = 6; film.play().catch(() => {}); }"
    )
    until(lambda: player.evaluate("(film) => film.currentTime > 6.2"))
    # The browser itself went on with the link that it had; the page led it to the next one.
    assert player.get_attribute("data-has-failed") == "yes"
