"""A page shows what changes where it stands, and takes nothing away from whoever uses it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from mediaproc.core.shard import Shard
from mediaproc.db.executor_registry import register
from mediaproc.web.live import event_stream, looks, streams
from mediaproc.web.live import hub as hub_module
from tests.db.attempt_ends import complete
from tests.db.task_rows import add_tasks, claim_one, registration
from tests.parts.browser import Visitor
from tests.parts.postgres import PostgresServer
from tests.parts.waiting import until
from tests.web.browser.live_page import change, opened_at
from tests.web.conftest import opened
from tests.web.server import Server, serving, site_of

HOSTILE = "<img src=x onerror=alert(1)>.avi"


@pytest.fixture(scope="module")
def live(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    name = postgres_server.create_database()
    with opened(postgres_server.url(name), tmp_path_factory.mktemp("live")) as parts:
        add_tasks(parts.database.engine, count=6)
        with serving(site_of(parts)) as server:
            yield server
            server.site.hub.end()
    postgres_server.drop_database(name)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(looks, "_COUNT_EVERY", 0.1)


def tick(page: Page, task: int) -> None:
    page.locator(f"#task-{task} input[type=checkbox]").check()


def test_a_row_changes_where_it_stands_and_what_is_used_is_left_alone(live: Server, visitor: Visitor) -> None:
    page = opened_at(visitor, live, "/tasks")
    order = page.locator("tr[data-live-task]").evaluate_all("rows => rows.map((row) => row.id)")
    page.evaluate("document.querySelectorAll('tr[data-live-task]').forEach((row) => { row.dataset.isSame = 'yes'; })")
    tick(page, 3)
    page.locator("#task-2 a.name").focus()
    for task in (1, 2, 3):
        change(live, task, filename=HOSTILE)
    expect(page.locator("#task-1 a.name")).to_have_text(HOSTILE)
    # The change of the others came with it, and waits.
    assert page.locator("#task-2 a.name").inner_text() != HOSTILE
    assert page.locator("#task-3 a.name").inner_text() != HOSTILE
    expect(page.locator("#task-2 a.name")).to_be_focused()
    page.locator("#task-3 input[type=checkbox]").uncheck()
    expect(page.locator("#task-2 a.name")).to_have_text(HOSTILE)
    page.locator("#task-4 input[type=checkbox]").focus()
    expect(page.locator("#task-3 a.name")).to_have_text(HOSTILE)
    assert page.locator("tr[data-live-task]").evaluate_all("rows => rows.map((row) => row.id)") == order
    assert page.locator("tr[data-is-same]").count() == len(order)


def test_what_is_ticked_stays_and_is_acted_on_while_all_around_it_changes(live: Server, visitor: Visitor) -> None:
    """A page that others drew anew has lost the question whether one is sure, and a whole queue with it."""
    page = opened_at(visitor, live, "/tasks")
    tick(page, 4)
    for priority in (1, 2):
        for task in (4, 5, 6):
            change(live, task, priority=priority, filename=f"round-{priority}.avi")
        expect(page.locator("#task-5 a.name")).to_have_text(f"round-{priority}.avi")
    assert page.locator("#task-4 input[type=checkbox]").is_checked()
    page.get_by_role("button", name="Cancel").first.click()
    expect(page.get_by_text("This affects 1 task.")).to_be_visible()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("status").filter(has_text="1")).to_be_visible()
    with live.site.parts.database.read() as connection:
        left = connection.scalars(text("SELECT id FROM media_process ORDER BY id")).all()
    assert 4 not in left
    assert {5, 6} <= set(left)


def test_new_tasks_are_a_number_to_click(live: Server, visitor: Visitor) -> None:
    page = opened_at(visitor, live, "/tasks?q=name:arrival")
    add_tasks(live.site.parts.database.engine, count=3, name="arrival")
    newer = page.locator("[data-live-newer]")
    expect(newer).to_contain_text("3")
    assert page.locator("tr[data-live-task]").count() == 0
    newer.get_by_role("link").click()
    expect(page.locator("tr[data-live-task]")).to_have_count(3)
    expect(newer).to_be_hidden()


def test_who_switches_it_off_finds_it_off_on_the_next_page(live: Server, visitor: Visitor) -> None:
    page = opened_at(visitor, live, "/tasks")
    switch = page.locator("[data-live-switch]")
    switch.click()
    until(lambda: live.site.hub.stream_count == 0)
    page.reload()
    expect(switch).to_be_visible()
    expect(switch).to_have_attribute("aria-pressed", "false")
    change(live, 5, filename="meanwhile.avi")
    page.reload()
    change(live, 5, filename="later.avi")
    switch.click()
    expect(page.locator("#task-5 a.name")).to_have_text("later.avi")
    expect(switch).to_have_attribute("aria-pressed", "true")


def test_a_hidden_page_asks_for_nothing_and_catches_up(live: Server, visitor: Visitor) -> None:
    page = opened_at(visitor, live, "/tasks")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide % "true" + tell)
    until(lambda: live.site.hub.stream_count == 0)
    change(live, 5, filename="hidden.avi")
    page.evaluate(hide % "false" + tell)
    expect(page.locator("#task-5 a.name")).to_have_text("hidden.avi")


def test_executors_come_and_change_where_they_stand(live: Server, visitor: Visitor) -> None:
    with live.site.parts.database.write() as connection:
        register(connection, registration=registration(shard=Shard(0, 2)))
    page = opened_at(visitor, live, "/executors")
    rows = page.locator("#executors-part tr")
    expect(rows).to_have_count(1)
    with live.site.parts.database.write() as connection:
        register(connection, registration=registration(shard=Shard(1, 2)))
    expect(rows).to_have_count(2)


def test_a_connection_that_is_lost_is_told_of_and_comes_back(
    live: Server, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(event_stream, "LONGEST", 0.5)
        page = opened_at(visitor, live, "/tasks")
        patched.setattr(streams, "MOST_STREAMS", 0)
        banner = page.locator("[data-live-banner]")
        expect(banner).to_contain_text("The connection is lost", timeout=30_000)
    change(live, 5, filename="back.avi")
    expect(page.locator("#task-5 a.name")).to_have_text("back.avi", timeout=30_000)
    expect(banner).to_be_hidden()
    visitor.expect("503")


def test_several_pages_at_once_are_told_the_same(live: Server, visitor: Visitor) -> None:
    pages = [opened_at(visitor, live, "/tasks") for _ in range(4)]
    change(live, 5, filename="all.avi")
    for page in pages:
        expect(page.locator("#task-5 a.name")).to_have_text("all.avi")
    for page in pages:
        page.context.close()


def test_a_database_that_was_away_is_told_of_and_caught_up_with(
    visitor: Visitor, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    name = own_postgres.create_database()
    with opened(own_postgres.url(name), tmp_path) as parts, serving(site_of(parts)) as server:
        add_tasks(parts.database.engine, count=1)
        page = opened_at(visitor, server, "/tasks")
        banner = page.locator("[data-live-banner]")
        own_postgres.stop("fast")
        expect(banner).to_contain_text("The database is out of reach")
        own_postgres.start()
        change(server, 1, filename="after.avi")
        expect(page.locator("#task-1 a.name")).to_have_text("after.avi", timeout=60_000)
        expect(banner).to_be_hidden()
        page.context.close()
        server.site.hub.end()


def test_an_open_question_survives_the_changes_of_its_task(live: Server, visitor: Visitor) -> None:
    page = opened_at(visitor, live, "/tasks/6")
    page.get_by_role("group", name="Acts").get_by_text("Reject").first.click()
    reason = page.get_by_label("Reason")
    reason.fill("It is no fi")
    task = claim_one(live.site.parts.database.engine)
    while task.id != 6:
        task = claim_one(live.site.parts.database.engine)
    expect(page.locator("#task-6 .badge")).to_have_text("working")
    change(live, 6, progress=0.61)
    expect(page.locator("#task-6 progress")).to_have_attribute("value", "0.610")
    reason.press_sequentially("lm")
    expect(reason).to_have_value("It is no film")
    expect(reason).to_be_focused()
    with live.site.parts.database.write() as connection:
        assert complete(connection, task)
    expect(page.locator("#task-6 .badge")).to_have_text("completed")
    # The rest of the page follows.
    expect(page.locator("#task-part video").first).to_be_attached()
    expect(reason).to_have_value("It is no film")


def test_the_overview_follows_too(live: Server, visitor: Visitor) -> None:
    page = opened_at(visitor, live, "/")
    figures = page.locator("#figures")
    before = figures.inner_text()
    add_tasks(live.site.parts.database.engine, count=40, name="many")
    expect(figures).not_to_have_text(before)
