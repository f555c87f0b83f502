"""A task is completed over HTTP as it is by the command: by a file that passes, and by no other."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediaproc.config import Settings
from mediaproc.core.access import Scope
from mediaproc.db.database import Database
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.parts import Parts
from tests.parts.clips import Clips
from tests.parts.serve import FROM_OUR_PAGE
from tests.parts.site import Site
from tests.web.person import Person
from tests.web.server import Answer, Server, serving, site_of
from tests.web.test_form_upload import KIND, form

# Bytes.
MOST = 8_000_000


@pytest.fixture
def server(directory_site: Site) -> Iterator[Server]:
    settings = Settings.model_validate(
        {"home": directory_site.scratch / "home", "scratch": directory_site.scratch, "max_size": MOST}
    )
    parts = Parts(settings=settings, database=Database(directory_site.engine), store=directory_site.store)
    with serving(site_of(parts)) as server:
        yield server


@pytest.fixture
def source(clips: Clips) -> Path:
    """What the tasks are of."""
    return clips.make("avi", seconds=1)


@pytest.fixture(scope="module")
def made_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], bytes]:
    """What somebody makes of a source with their own tools."""
    folder, known = tmp_path_factory.mktemp("made"), dict[Path, bytes]()

    def made(source: Path) -> bytes:
        if source not in known:
            command = [str(find_tools(ffmpeg=None, ffprobe=None).ffmpeg), "-v", "error", "-nostdin", "-i", str(source)]
            coded = ["-fps_mode", "passthrough", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
            subprocess.run([*command, *coded, "-movflags", "+faststart", str(folder / "made.mp4")], check=True)
            known[source] = (folder / "made.mp4").read_bytes()
        return known[source]

    return made


def _complete(server: Server, task: int, body: bytes, **headers: str) -> Answer:
    kind = {"Content-Type": "application/octet-stream"}
    path = f"/api/v1/tasks/{task}/complete"
    return server.ask("POST", path, token=server.token(Scope.OPERATE), body=body, headers=kind | headers)


def test_a_file_that_passes_completes_the_task_and_one_that_does_not_changes_nothing(
    directory_site: Site, server: Server, source: Path, made_of: Callable[[Path], bytes]
) -> None:
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
    done = _complete(server, task, made_of(source))
    assert done.status == 200, done.text
    assert done.json() == {
        "task": task, "done": True, "output": directory_site.history()[task]["output_key"], "error": None
    }  # fmt: skip
    assert _complete(server, task, made_of(source)).status == 409
    directory_site.assert_nothing_is_left()


def test_a_form_on_the_tasks_page_completes_it_with_a_chosen_file_or_says_why_not(
    directory_site: Site, server: Server, source: Path, made_of: Callable[[Path], bytes]
) -> None:
    (task,) = directory_site.enqueue([source])
    objects = directory_site.objects()
    person = Person(server=server, secret=server.login(Scope.OPERATE))
    here, path = f"/tasks/{task}", f"/tasks/{task}/complete"
    assert f'action="{path}" enctype="multipart/form-data"' in person.get(here).text

    def sent(body: bytes, *, kind: str = KIND, scope: Scope = Scope.OPERATE, tenant: str | None = None) -> Answer:
        cookie = f"mediaproc={server.login(scope, tenant=tenant)}"
        return server.ask("POST", path, body=body, headers={**FROM_OUR_PAGE, "Cookie": cookie, "Content-Type": kind})

    for useless in (b"", b"Dear film" * 300_000):
        answer = sent(form(useless, filename="<script>alert(1)</script>"))
        assert answer.headers["Location"] == here
        assert person.notice_after(answer).startswith(f"The file cannot complete task {task}: ")
    for refused, status in (
        (sent(form(b"", filename="")), 400),
        (sent(form(b"12345")[:-20]), 400),
        (sent(b"act=complete", kind="application/x-www-form-urlencoded"), 400),
        (sent(form(bytes(MOST + 1))), 413),
        (sent(form(b"12345"), scope=Scope.READ), 403),
        (sent(form(b"12345"), tenant="acme"), 404),
        (person.server.ask("POST", path, body=form(b"1"), headers={"Content-Type": KIND, "Accept": "text/html"}), 403),
    ):
        assert refused.status == status, refused.text
    assert directory_site.objects() == objects
    done = sent(form(made_of(source)))
    assert person.notice_after(done) == "The task is completed with your file."
    assert directory_site.history()[task]["decision"] == "by_person"
    assert path not in person.get(here).text
    late = sent(form(made_of(source)))
    assert "is not done" in person.notice_after(late)
    directory_site.assert_nothing_is_left()
