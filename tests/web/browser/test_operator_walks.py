"""What an operator does at night, without JavaScript: find what failed, read why, retry it."""

from playwright.sync_api import expect

from mediaproc.core.access import Scope
from mediaproc.db.views import tasks
from tests.parts.browser import Look, Visitor
from tests.web.filled_site import fill
from tests.web.server import Server


def _status(server: Server, task_id: int) -> str:
    with server.site.parts.database.read() as connection:
        (line,) = tasks.tasks_named(connection, ids=[task_id])
    return line.status


def _cookie(server: Server, *scopes: Scope) -> tuple[str, str, str]:
    return server.url, "mediaproc", server.login(*scopes)


def test_without_javascript_a_failed_task_is_found_understood_and_retried(visitor: Visitor, own_server: Server) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(Look(width=360), javascript=False, cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(own_server.url)
    page.get_by_role("link", name="1 task failed for good").click()
    page.get_by_role("link", name="clip 2.avi").click()
    expect(page.get_by_text("ffmpeg failed over it.")).to_be_visible()
    expect(page.get_by_text("frame= 7")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status")).to_contain_text("The task is due now")
    assert _status(own_server, rows.exhausted) == "pending"


def test_without_javascript_all_that_match_are_retried_once_it_is_confirmed(
    visitor: Visitor, own_server: Server
) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(javascript=False, cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(f"{own_server.url}/tasks")
    page.get_by_role("searchbox").fill("status:failed")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("instead on all that match").check()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("This meets 2 tasks.")).to_be_visible()
    assert _status(own_server, rows.failed) == "failed"
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert (_status(own_server, rows.failed), _status(own_server, rows.exhausted)) == ("pending", "pending")


def test_a_word_that_cannot_be_read_is_told_beside_the_box(visitor: Visitor, own_server: Server) -> None:
    page = visitor.page(cookies=[_cookie(own_server, Scope.READ)])
    page.goto(f"{own_server.url}/tasks?q=statsu:failed")
    expect(page.get_by_role("alert")).to_contain_text("statsu")
    expect(page.get_by_role("searchbox")).to_have_value("statsu:failed")
    visitor.expect("400 (Bad Request)")
