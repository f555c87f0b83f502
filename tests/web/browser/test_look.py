"""Every component of the pages, in every look: readable by all, never sideways, and within the strict policy."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mediaproc.core.access import Access, Scope
from mediaproc.db.pauses import PauseLine
from mediaproc.web.preferences import LANGUAGE_COOKIE, THEME_COOKIE, language_of, theme_of
from mediaproc.web.rendering import TEMPLATES, Renderer
from tests.parts.browser import LOOKS, Look, Visitor, accessibility_findings, check_look, sideways_scroll
from tests.web.browser.page_server import serving

MOMENT = datetime(2026, 11, 30, 8, 15, 2, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)> \"'><script>alert(2)</script> {{ 7 * 7 }} very-long-name-without-any-space"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    renderer = Renderer(folders=(TEMPLATES, Path(__file__).parent))
    access = Access(scopes=frozenset({Scope.ADMIN}), tenant=None, actor="anna")

    def render(path: str, cookies: Mapping[str, str], accept_language: str) -> str:
        return renderer.render(
            "every_component.html",
            language=language_of(cookie=cookies.get(LANGUAGE_COOKIE), accept_language=accept_language),
            theme=theme_of(cookies.get(THEME_COOKIE)),
            access=access,
            path=path,
            hostile=HOSTILE,
            moment=MOMENT,
            now=MOMENT + timedelta(minutes=2),
            paused=[
                PauseLine(
                    scope="profile poster", until=MOMENT, because="Its disk is full.", actor="anna", created_at=MOMENT
                ),
                PauseLine(scope=HOSTILE, until=None, because=HOSTILE, actor=HOSTILE, created_at=MOMENT),
            ],
            notice="3 tasks are tried again.",
            command="mediaproc tasks retry 'class=lost'",
        )

    with serving(render) as address:
        yield address


@pytest.fixture(params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


def test_each_component_is_fit_for_all_in_every_look(visitor: Visitor, address: str, look: Look) -> None:
    page = visitor.page(look)
    page.goto(f"{address}/tasks")
    _keep_picture(page, f"components-{look}")
    check_look(page)
    assert page.evaluate("document.documentElement.lang")[:2] == look.language


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_menu_of_a_phone_and_the_keys_are_fit_for_all_too(visitor: Visitor, address: str, theme: str) -> None:
    page = visitor.page(Look(theme=theme, width=360))
    page.goto(f"{address}/tasks")
    page.get_by_role("button", name="Menu").click()
    _keep_picture(page, f"menu-{theme}")
    check_look(page)
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    _keep_picture(page, f"keys-{theme}")
    check_look(page)


def test_a_theme_that_was_chosen_wins_over_the_system(visitor: Visitor, address: str) -> None:
    grounds = []
    for cookies in ([], [(address, THEME_COOKIE, "dark")]):
        page = visitor.page(cookies=cookies)
        page.goto(address)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(set(grounds)) == 2


def test_times_are_local_and_tell_utc_in_their_title(visitor: Visitor, address: str) -> None:
    page = visitor.page()
    page.goto(address)
    time = page.locator("time[data-local]").first
    expect(time).to_contain_text("09:15:02")
    expect(time).to_have_attribute("title", "2026-11-30 08:15:02 UTC")


def test_without_javascript_times_are_utc_and_nothing_is_offered_that_needs_it(visitor: Visitor, address: str) -> None:
    page = visitor.page(javascript=False)
    page.goto(address)
    expect(page.locator("time[data-local]").first).to_have_text("2026-11-30 08:15:02 UTC")
    expect(page.locator("[data-copy]")).to_be_hidden()
    expect(page.locator("[data-tick-all]")).to_be_hidden()


def test_the_menu_of_a_phone_opens_without_javascript(visitor: Visitor, address: str) -> None:
    page = visitor.page(Look(width=360), javascript=False)
    page.goto(address)
    expect(page.get_by_role("link", name="Executors")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Executors")).to_be_visible()


def test_keys_lead_to_rows_search_and_screens_and_can_be_switched_off(visitor: Visitor, address: str) -> None:
    page = visitor.page()
    page.goto(address)
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="holiday-2.avi")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox", name="Select 2")).to_be_checked()
    page.keyboard.press("?")
    page.get_by_label("Single keys act").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="holiday-3.avi")).not_to_be_focused()


def test_at_twice_the_size_nothing_runs_off_the_side(visitor: Visitor, address: str) -> None:
    page = visitor.page(Look(width=640))
    page.goto(address)
    assert sideways_scroll(page) == 0


def test_a_finding_a_violation_and_a_foreign_host_would_be_seen(visitor: Visitor, address: str) -> None:
    page = visitor.page()
    page.goto(address)
    wrong = "<img src=https://elsewhere.test/x><p style='color: red'>"
    with page.expect_console_message(lambda message: "img-src" in message.text):
        page.evaluate("wrong => document.body.insertAdjacentHTML('beforeend', wrong)", wrong)
    page.evaluate("document.querySelector('main').style.minWidth = '3000px'")
    assert any("image-alt" in each for each in accessibility_findings(page))
    assert sideways_scroll(page) > 0
    visitor.expect("CSP refused img-src", "CSP refused style-src-attr")
    visitor.problems.clear()


def _keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("MEDIAPROC_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page="components" in name)
