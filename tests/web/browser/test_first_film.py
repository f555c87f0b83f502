"""In an empty folder, with nothing set up: an avi that no browser plays is dropped on the page, and plays there."""

from pathlib import Path

from tests.cli.clips import make_clip
from tests.parts.browser import Visitor
from tests.parts.serve import ServeProcess
from tests.web.browser.first_film import drop, link_to_task, log_in, play, wait_for_player


def test_a_film_that_is_dropped_on_the_page_plays_there(tmp_path: Path, visitor: Visitor) -> None:
    film = make_clip(tmp_path / "holiday.avi", seconds=2, size="320x240")
    with ServeProcess(settings={"home": str(tmp_path / "home"), "slots": "1"}) as server:
        page = visitor.page()
        log_in(page, f"{server.url}/login?once={server.secret}")
        page.goto(f"{server.url}/upload")
        drop(page, [film])
        link_to_task(page, "holiday.avi").click()
        come, width = play(wait_for_player(page))
    assert (come > 0, width) == (True, 320)
