"""What somebody does who sees the page for the first time: log in by the link, drop films, and watch one."""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

# Milliseconds; longer than a film of these tests takes on a busy machine.
PATIENCE = 120_000


def log_in(page: Page, link: str) -> None:
    """Open the link that the server printed, and press its button."""
    page.goto(link)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda address: "/login" not in address)


def drop(page: Page, films: Sequence[Path]) -> None:
    """Drop files from the desktop on the page, as the system does it and no script can."""
    place = page.locator(".drop").bounding_box()
    assert place is not None
    dragged = {"items": [], "files": [str(film) for film in films], "dragOperationsMask": 1}
    desktop = page.context.new_cdp_session(page)
    for event in ("dragEnter", "dragOver", "drop"):
        desktop.send(
            "Input.dispatchDragEvent", {"type": event, "x": place["x"] + 20, "y": place["y"] + 20, "data": dragged}
        )


def link_to_task(page: Page, film: str) -> Locator:
    """The link that stands beside an upload once it has a task."""
    link = page.locator("#uploads li", has_text=film).locator("a").first
    expect(link).to_be_visible(timeout=PATIENCE)
    return link


def wait_for_player(page: Page) -> Locator:
    """The rendition's player on the task's page, which is loaded again until it is there."""
    player = page.locator("video").last
    for _ in range(PATIENCE // 1000):
        if page.locator("video").count() > 0:
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(player).to_be_visible()
    return player


def play(player: Locator) -> tuple[float, float]:
    """Plays the film for a while; returns how far it came in seconds, and how wide its picture is."""
    # A page that was shown just now may still renew its player once: then the new one is played.
    player.page.evaluate("""async () => {
      for (;;) {
        const film = [...document.querySelectorAll('video')].at(-1);
        film.muted = true;
        try { await film.play(); return; } catch (error) { if (film.isConnected) throw error; }
      }
    }""")
    player.evaluate(
        "(film) => new Promise((told) =>"
        " film.currentTime > 0 ? told() : film.addEventListener('timeupdate', () => told()))"
    )
    come, width = player.evaluate("(film) => [film.currentTime, film.videoWidth]")
    return float(come), float(width)
