"""From the URL of a draft to the bytes of its video, asked by capcut-mate's client; and what it is told of failures."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc.core.outbound_url import AllowedHosts
from mediaproc.core.profile import DRAFT_FETCH
from mediaproc.db.engine import connect
from mediaproc.parts import Parts
from tests.core.draft.drafts import clip, draft, segment, track, video
from tests.draft_download.downloaders import downloader
from tests.parts.capcut_mate_client import CapcutMateClient
from tests.parts.clips import Clips
from tests.parts.draft_host import THEIR_FOLDER, DraftHost
from tests.parts.started_executor import started
from tests.parts.waiting import until
from tests.web.capcut_mate.test_calls import served_as


@pytest.fixture
def host() -> Iterator[DraftHost]:
    with DraftHost() as host:
        yield host


def _ended(client: CapcutMateClient, draft_url: str) -> dict[str, object]:
    """The status, once it has its last one; each before is of those that are told on the way."""
    seen: list[dict[str, object]] = []

    def look() -> bool:
        seen.append(client.gen_video_status(draft_url))
        return seen[-1]["status"] not in {"pending", "processing"}

    until(look)
    progress = [int(str(each["progress"])) for each in seen[:-1]]
    assert progress == sorted(progress)
    return seen[-1]


def test_the_client_gets_the_video_of_the_draft_whose_url_it_gave(
    own_parts: Parts, host: DraftHost, clips: Clips, database_url: str, tmp_path: Path
) -> None:
    film = video("v1", path=f"{THEIR_FOLDER}assets/videos/film.mp4", width=320, height=240)
    timeline = draft(
        track("video", segment("s1", "v1", 0, 0.4, clip=clip())),
        materials={"videos": [film]},
        canvas_config={"width": 320, "height": 240, "ratio": "original"},
        duration=400_000,
        fps=25.0,
    )
    host.files = {
        "draft_content.json": json.dumps(timeline).encode(),
        "assets/videos/film.mp4": clips.make("mov", seconds=1).read_bytes(),
    }
    encrypted = f"{host.draft_url}&copy=2"
    engine = connect(database_url)
    others = {DRAFT_FETCH: downloader(own_parts.database, AllowedHosts(setting="X", entries=frozenset({host.entry})))}
    with (
        served_as(own_parts, "open") as served,
        started(engine, store=own_parts.store, folder=tmp_path, others=others) as watched,
    ):
        client = CapcutMateClient(url=served.url)
        assert client.gen_video(host.draft_url)["code"] == 0
        watched.executor.wake()
        until(lambda: watched.executor.wake() or client.gen_video_active_count()["count"] == 0)
        ended = _ended(client, host.draft_url)
        assert (ended["status"], ended["progress"], ended["error_message"]) == ("completed", 100, "")
        assert str(ended["created_at"]) <= str(ended["started_at"]) <= str(ended["completed_at"])
        assert client.download(str(ended["video_url"]))[4:8] == b"ftyp"
        assert client.gen_video_active_count()["count"] == 0
        host.files["draft_content.json"] = b"c2VjcmV0"
        assert client.gen_video(encrypted)["code"] == 0
        watched.executor.wake()
        failed = _ended(client, encrypted)
        assert (failed["status"], failed["progress"], failed["video_url"]) == ("failed", 0, "")
        assert "encrypted" in str(failed["error_message"])
    engine.dispose()
