"""A page that shows what changes stays where somebody reads it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from mediaproc.web.live import hub as hub_module
from tests.db.attempt_ends import set_back
from tests.db.task_rows import add_tasks, claim_one
from tests.parts.browser import Visitor
from tests.web.browser.live_page import change, opened_at
from tests.web.server import Server


@pytest.fixture
def own_live(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that looks often, and whose streams end before it does."""
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.05)
    yield own_server
    own_server.site.hub.end()


def _top(page: Page, task: int) -> float:
    top: float = page.locator(f"#task-{task}").evaluate("row => row.getBoundingClientRect().top")
    return top


@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_read_stays_where_it_is_while_rows_above_it_grow(
    own_live: Server, visitor: Visitor, width: int
) -> None:
    engine = own_live.site.parts.database.engine
    ids = add_tasks(engine, count=45, name=f"scroll-{width}")
    page = opened_at(visitor, own_live, f"/tasks?q=name:scroll-{width}", width=width)
    shown = page.locator("tr[data-live-task]").evaluate_all("rows => rows.map((row) => Number(row.dataset.liveTask))")
    assert sorted(shown) == sorted(ids)
    # The row that is read is the first one below the bar that stays; a pixel of the one above would be seen as well.
    read, above = shown[20], shown[:20]
    page.locator(f"#task-{read}").evaluate(
        "row => scrollBy(0, row.getBoundingClientRect().top - document.querySelector('.top').offsetHeight + 2)"
    )
    before, place = _top(page, read), page.evaluate("scrollY")
    assert before < 100
    for round_number in (1, 2):
        for task in above:
            change(own_live, task, error="No such codec. " * 2 * round_number, fail_count=round_number)
        # It changes itself as well, without growing.
        change(own_live, read, priority=round_number, filename=f"scroll-{width}-{round_number}.avi")
        expect(page.locator(f"#task-{read} a.name")).to_have_text(f"scroll-{width}-{round_number}.avi")
        for task in above:
            expect(page.locator(f"#task-{task} .why")).to_have_text(("No such codec. " * 2 * round_number).strip())
        assert abs(_top(page, read) - before) <= 1
    # Its place in the page is another one: what is above it has grown.
    assert page.evaluate("scrollY") > place + 100


def test_a_log_that_is_read_stays_where_it_is_while_its_page_follows(own_live: Server, visitor: Visitor) -> None:
    engine = own_live.site.parts.database.engine
    (task_id,) = add_tasks(engine, count=1, name="with-log")
    task = claim_one(engine)
    assert task.id == task_id
    with engine.begin() as connection:
        assert set_back(connection, task)
        connection.execute(
            text("UPDATE media_process_attempt SET log_tail = :log WHERE claim_token = :token"),
            {"log": "\n".join(f"line {number}" for number in range(200)), "token": task.claim_token},
        )
    page = opened_at(visitor, own_live, f"/tasks/{task_id}")
    log = page.locator(".log")
    log.evaluate("log => { log.scrollIntoView(); log.scrollTop = 700; }")
    place = page.evaluate("scrollY")
    page.locator("#task-part").evaluate("part => { part.dataset.isOld = 'yes'; }")
    change(own_live, task_id, attempt=2, error="It never worked.")
    expect(page.locator("#task-part .notice")).to_contain_text("It never worked.", timeout=30_000)
    assert page.locator("#task-part[data-is-old]").count() == 0
    assert (log.evaluate("log => log.scrollTop"), page.evaluate("scrollY")) == (700, place)
