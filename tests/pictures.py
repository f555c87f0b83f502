"""`make pictures`: the page as it looks, in docs/how-to/pictures/; an avi is dropped on it as in the tests."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from mediaproc.ffmpeg.tools import find_tools
from tests.demo import CLIPS
from tests.docs.generated import ROOT
from tests.parts.browser import Look, Visitor, opened_chromium
from tests.parts.serve import ServeProcess
from tests.web.browser.first_film import drop, link_to_task, log_in, wait_for_player

PICTURES = ROOT / "docs/how-to/pictures"
# Bytes of all of them together.
MOST = 1_500_000
SCREENS = {
    "overview": "/",
    "tasks": "/tasks?all=true",
    "task": "/tasks/1",
    "executors": "/executors",
    "schedules": "/schedules",
    "upload": "/upload",
    "webhooks": "/webhooks",
    "audit": "/audit",
    "tokens": "/tokens",
}
LOOKS = {
    f"{theme}-{name}": Look(theme=theme, width=width)
    for theme in ("light", "dark")
    for name, width in (("desktop", 1280), ("phone", 360))
}


def main() -> None:
    with tempfile.TemporaryDirectory() as name, _begun(Path(name)) as (server, visitor, page):
        films = list(_films(Path(name)))
        log_in(page, f"{server.url}/login?once={server.secret}")
        page.goto(f"{server.url}/upload")
        drop(page, films)
        for film in films:
            link_to_task(page, film.name)
        _keep(page, "uploading", to=PICTURES)
        for number in range(len(films)):
            page.goto(f"{server.url}/tasks/{number + 1}")
            wait_for_player(page)
        cookie = next(each for each in page.context.cookies() if each["name"] == "mediaproc")
        for look_name, look in LOOKS.items():
            shown = visitor.page(look, cookies=[(server.url, "mediaproc", cookie["value"])])
            for screen, path in SCREENS.items():
                shown.goto(f"{server.url}{path}")
                if screen == "task":
                    wait_for_player(shown)
                _keep(shown, f"{screen}-{look_name}", to=PICTURES)
    size = sum(picture.stat().st_size for picture in PICTURES.iterdir())
    print(f"{len(list(PICTURES.iterdir()))} pictures, {size:,} bytes, in {PICTURES.relative_to(ROOT)}")
    sys.exit(0 if size <= MOST else "These are too many bytes for a repository: take fewer pictures.")


@contextmanager
def _begun(folder: Path) -> Iterator[tuple[ServeProcess, Visitor, Page]]:
    """A server in an empty folder, and a browser."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with ServeProcess(settings={"home": str(folder / "home"), "slots": "2"}) as server, opened_chromium() as browser:
        visitor = Visitor(browser)
        yield server, visitor, visitor.page()
        if visitor.problems:
            sys.exit("\n".join(["This went wrong in the pages:", *visitor.problems]))


def _films(folder: Path) -> Iterator[Path]:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    inputs = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=4", "-f", "lavfi", "-i", "sine=duration=4"]
    for name, codecs in CLIPS.items():
        subprocess.run([tools.ffmpeg, "-v", "error", "-nostdin", *inputs, *codecs, folder / name], check=True)
        yield folder / name


def _keep(page: Page, name: str, *, to: Path) -> None:
    """The page from its top, as a file that a repository can carry."""
    page.wait_for_load_state("load")
    taken = page.screenshot(animations="disabled")
    tools = find_tools(ffmpeg=None, ffprobe=None)
    packed = ["-f", "image2pipe", "-i", "-", "-c:v", "libwebp", "-lossless", "1", "-compression_level", "6"]
    target = to / f"{name}.webp"
    subprocess.run([tools.ffmpeg, "-v", "error", *packed, "-f", "webp", target], input=taken, check=True)


if __name__ == "__main__":
    main()
