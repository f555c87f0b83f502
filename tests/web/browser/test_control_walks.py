"""What those who run a site do there: without JavaScript, and with the keyboard alone; and what an uploader sees."""

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import text

from mediaproc.core.access import Scope
from mediaproc.core.task import Report
from mediaproc.db.tasks.settle import settle_completed
from mediaproc.parts import Parts
from tests.db.sample_rows import RENDITION
from tests.parts.browser import Look, Visitor, check_look
from tests.parts.clips import Clips
from tests.web.filled_site import fill
from tests.web.server import Server


def _cookie(server: Server, *scopes: Scope) -> tuple[str, str, str]:
    return server.url, "mediaproc", server.login(*scopes)


def test_without_javascript_whoever_runs_the_site_does_all_of_it(own_server: Server, visitor: Visitor) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(Look(width=360), javascript=False, cookies=[_cookie(own_server, Scope.ADMIN)])
    _pause_and_resume(page, own_server)
    page.goto(f"{own_server.url}/schedules")
    page.get_by_role("button", name="Run once sweep").click()
    expect(page.get_by_role("status")).to_contain_text("run sweep now")
    page.get_by_role("link", name="Change sweep").click()
    page.get_by_label("Expression").fill("15 4 * * *")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("listitem").filter(has_text="04:15:00 UTC")).to_have_count(5)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("fires by 0 15 4 * * *")
    _create_and_revoke_token(page, own_server)
    page.goto(f"{own_server.url}/webhooks/{rows.webhook}")
    page.get_by_role("button", name="Send 1 dead one again").click()
    expect(page.get_by_role("status")).to_contain_text("1 message will be sent again.")


def _pause_and_resume(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/executors")
    page.get_by_text("Pause a profile, a shard or everything").click()
    page.get_by_label("What is paused").select_option("profile mp3")
    page.get_by_label("Until").fill("2h")
    page.get_by_label("Reason").fill("new disk")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Paused: profile mp3.")
    page.get_by_role("button", name="Resume profile mp3").click()
    expect(page.get_by_role("status")).to_contain_text("Resumed: profile mp3.")


def _create_and_revoke_token(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/tokens")
    page.get_by_label("Name").fill("website")
    page.get_by_label("enqueue").check()
    page.get_by_role("button", name="Create").click()
    token = page.locator("#secret").inner_text()
    assert server.get("/api/v1/tasks", token=token).status == 403  # good, and may not read
    page.get_by_role("link", name="Back").click()
    page.get_by_text("Revoke website", exact=False).click()
    page.get_by_role("button", name=f"Revoke {token.split('_')[1]}").click()
    expect(page.get_by_role("status")).to_contain_text("is revoked.")
    assert server.get("/api/v1/tasks", token=token).status == 401


def test_what_a_button_makes_is_shown_fit_for_all(own_server: Server, visitor: Visitor) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(Look(width=360, theme="dark"), cookies=[_cookie(own_server, Scope.ADMIN)])
    page.goto(f"{own_server.url}/tokens")
    page.get_by_label("read").check()
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#secret")).to_contain_text("mp_")
    check_look(page)
    page.goto(f"{own_server.url}/tasks/{rows.completed}")
    page.get_by_role("button", name="Share").click()
    expect(page.locator("#link")).to_contain_text("/share/")
    check_look(page)
    page.goto(f"{own_server.url}/tokens")
    page.locator("details.act").first.click()
    check_look(page)


def test_with_the_keyboard_alone_a_profile_is_paused(own_server: Server, visitor: Visitor) -> None:
    fill(own_server.site.parts.database)
    page = visitor.page(cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(f"{own_server.url}/schedules")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/executors")
    _tab_to(page, "Pause a profile, a shard or everything")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("profile mp3")
    page.keyboard.press("Tab")
    page.keyboard.type("2h")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Paused: profile mp3.")


def _tab_to(page: Page, label: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if label in str(page.evaluate("document.activeElement.textContent")):
            return
    raise AssertionError(f"the keyboard does not reach {label}")


def test_an_uploader_sees_it_become_ready_and_plays_it_without_loading_the_page_anew(
    own_server: Server, visitor: Visitor, clips: Clips
) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(Look(width=360))
    page.goto(own_server.url + rows.shared["processing"])
    expect(page.get_by_text("Your video is being prepared.")).to_be_visible()
    page.evaluate("window.sameAsBefore = true")
    film = clips.make("mov", seconds=0.5)
    _become_ready(own_server.site.parts, rows.processing, film=film)
    expect(page.get_by_text("Your video is ready.")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.sameAsBefore") is True
    # No polling: the policy lets no text be evaluated again and again.
    seconds = page.locator("video").evaluate(
        "video => new Promise(done => video.readyState ? done(video.duration)"
        " : video.addEventListener('loadedmetadata', () => done(video.duration)))"
    )
    assert seconds > 0.3


def _become_ready(parts: Parts, task_id: int, *, film: Path) -> None:
    """An executor completes the task with this film."""
    sha256 = hashlib.sha256(film.read_bytes()).hexdigest()
    key = "renditions/film.mp4"
    parts.store.put(key, film, sha256=sha256, content_type="video/mp4", stop=threading.Event())
    with parts.database.write() as connection:
        token = connection.scalar(text("SELECT claim_token FROM media_process WHERE id = :id"), {"id": task_id})
        assert token is not None
        rendition = replace(RENDITION, bucket=parts.store.bucket, key=key, sha256=sha256, size=film.stat().st_size)
        settled = settle_completed(connection, task_id=task_id, claim_token=token, rendition=rendition, report=Report())
    assert settled


def test_without_javascript_an_uploader_is_told_too(own_server: Server, visitor: Visitor) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(Look(width=360, language="zh"), javascript=False)
    page.goto(own_server.url + rows.shared["pending"])
    expect(page.get_by_text("您的视频正在排队。")).to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh]").count() <= 1
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("Your video is in line.")).to_be_visible()
