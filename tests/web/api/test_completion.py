"""A task is completed over HTTP as it is by the command: by a file that passes, and by no other."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc.config import Settings
from mediaproc.core.access import Scope
from mediaproc.db.database import Database
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.parts import Parts
from tests.parts.clips import Clips
from tests.parts.site import Site
from tests.web.server import Answer, Server, serving, site_of


@pytest.fixture
def server(directory_site: Site) -> Iterator[Server]:
    settings = Settings.model_validate({"home": directory_site.scratch / "home", "scratch": directory_site.scratch})
    parts = Parts(settings=settings, database=Database(directory_site.engine), store=directory_site.store)
    with serving(site_of(parts)) as server:
        yield server


def _complete(server: Server, task: int, body: bytes, **headers: str) -> Answer:
    kind = {"Content-Type": "application/octet-stream"}
    path = f"/api/v1/tasks/{task}/complete"
    return server.ask("POST", path, token=server.token(Scope.OPERATE), body=body, headers=kind | headers)


def test_a_file_that_passes_completes_the_task_and_one_that_does_not_changes_nothing(
    directory_site: Site, server: Server, clips: Clips, tmp_path: Path
) -> None:
    source = clips.make("avi", seconds=1)
    (task,) = directory_site.enqueue([source])
    objects = directory_site.objects()
    letter = _complete(server, task, b"Dear film" * 300_000)
    assert letter.status == 409
    assert letter.json()["detail"].startswith(f"The file cannot complete task {task}: ")
    assert str(directory_site.scratch) not in letter.text
    assert _complete(server, task, b"film", **{"Content-Type": "video/mp4"}).status == 400
    assert _complete(server, task, b"film", **{"If-Match": '"other"'}).status == 412
    assert _complete(server, 999_999, b"film").status == 404
    assert directory_site.objects() == objects
    command = [str(find_tools(ffmpeg=None, ffprobe=None).ffmpeg), "-v", "error", "-nostdin", "-i", str(source)]
    form = ["-fps_mode", "passthrough", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    made = tmp_path / "made.mp4"
    subprocess.run([*command, *form, "-movflags", "+faststart", str(made)], check=True)
    done = _complete(server, task, made.read_bytes())
    assert done.status == 200, done.text
    assert done.json() == {
        "task": task, "done": True, "output": directory_site.history()[task]["output_key"], "error": None
    }  # fmt: skip
    assert _complete(server, task, made.read_bytes()).status == 409
    directory_site.assert_nothing_is_left()
