"""What an operator does at night, without JavaScript or a mouse: find what failed, read why, retry it, pause."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from mediaproc.core.access import Scope
from mediaproc.db.views import tasks
from tests.parts.browser import PAIRWISE, Look, Visitor, check_look
from tests.web.filled_site import HOSTILE, fill
from tests.web.server import Server


def _status(server: Server, task_id: int) -> str:
    with server.site.parts.database.read() as connection:
        (line,) = tasks.tasks_named(connection, ids=[task_id])
    return line.status


def _cookie(server: Server, *scopes: Scope) -> tuple[str, str, str]:
    return server.url, "mediaproc", server.login(*scopes)


def test_without_javascript_a_failed_task_is_found_understood_and_retried(own_server: Server, visitor: Visitor) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(Look(width=360), javascript=False, cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(own_server.url)
    page.get_by_role("link", name="1 task failed for good").click()
    page.get_by_role("link", name="clip 2.avi").click()
    expect(page.get_by_text("ffmpeg failed on it.")).to_be_visible()
    expect(page.get_by_text("frame= 7")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status")).to_contain_text("The task is due now")
    assert _status(own_server, rows.exhausted) == "pending"


def test_without_javascript_all_that_match_are_retried_once_it_is_confirmed(
    own_server: Server, visitor: Visitor
) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(javascript=False, cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(f"{own_server.url}/tasks")
    page.get_by_role("searchbox").fill("status:failed")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("act on all that match instead").check()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("This affects 2 tasks.")).to_be_visible()
    assert _status(own_server, rows.failed) == "failed"
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert (_status(own_server, rows.failed), _status(own_server, rows.exhausted)) == ("pending", "pending")


@pytest.mark.parametrize(("look", "javascript"), [(PAIRWISE[1], True), (Look(), False)], ids=str)
def test_a_task_is_completed_with_a_chosen_file_or_it_is_told_why_not(
    own_server: Server, visitor: Visitor, look: Look, *, javascript: bool
) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(look, javascript=javascript, cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(f"{own_server.url}/tasks/{rows.exhausted}")
    page.locator("details:has(#field-file) > summary").click()
    if javascript:
        check_look(page)
    page.locator("#field-file").set_input_files(
        {"name": "made elsewhere.mp4", "mimeType": "video/mp4", "buffer": bytes(100_000)}
    )
    page.locator("form:has(#field-file) button").click()
    # The rows name sources that no store has.
    expect(page.get_by_role("alert")).to_contain_text(f"The source of task {rows.exhausted} is in the bucket")
    assert _status(own_server, rows.exhausted) == "failed"


@pytest.mark.parametrize("look", PAIRWISE[1:3], ids=str)
def test_to_reject_what_is_ticked_a_sentence_is_asked_for_first(
    own_server: Server, visitor: Visitor, look: Look
) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(look, cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(f"{own_server.url}/tasks")
    page.locator(f"#task-{rows.pending} input[type=checkbox]").check()
    page.locator("button[value=reject]").click()
    check_look(page)
    page.locator("#field-because").fill("It is <b>no</b> film.")
    page.locator("main button").first.click()
    expect(page.get_by_role("status").first).to_be_visible()
    expect(page.locator(f"#task-{rows.pending}")).to_contain_text("It is <b>no</b> film.")
    assert _status(own_server, rows.pending) == "rejected"


def test_a_word_that_cannot_be_read_is_told_beside_the_box(own_server: Server, visitor: Visitor) -> None:
    page = visitor.page(cookies=[_cookie(own_server, Scope.READ)])
    page.goto(f"{own_server.url}/tasks?q=statsu:failed")
    expect(page.get_by_role("alert")).to_contain_text("statsu")
    expect(page.get_by_role("searchbox")).to_have_value("statsu:failed")
    visitor.expect("400 (Bad Request)")


def test_with_the_keyboard_alone_a_failed_task_is_found_understood_and_retried(
    own_server: Server, visitor: Visitor
) -> None:
    rows = fill(own_server.site.parts.database)
    page = visitor.page(cookies=[_cookie(own_server, Scope.OPERATE)])
    page.goto(own_server.url)
    _tab_to(page, lambda name: name.startswith("1 task failed for good"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks?*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{rows.exhausted}")
    expect(page.get_by_text("ffmpeg failed on it.")).to_be_visible()
    _tab_to(page, lambda name: name == "Retry")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The task is due now")
    assert _status(own_server, rows.exhausted) == "pending"
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(f"{own_server.url}/")
    _tab_to(page, lambda name: name == "Pause mp4")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Paused")).to_contain_text("profile mp4")
    _tab_to(page, lambda name: name == "Resume mp4")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause mp4")).to_be_visible()


def test_what_an_address_asks_for_is_shown_and_never_run(own_server: Server, visitor: Visitor) -> None:
    """Every parameter of every page of tasks, with all that would break out of where it is shown."""
    fill(own_server.site.parts.database)
    cookie = _cookie(own_server, Scope.ADMIN)
    page = visitor.page(cookies=[cookie])
    for hostile in HOSTILE:
        words = quote(f'name:"{hostile}"')
        for path in (f"/tasks?q={quote(hostile)}", f"/tasks?q={words}", f"/tasks?cursor={quote(hostile)}",
                     f"/tasks?q={words}&all={quote(hostile)}", f"/tasks/{quote(hostile, safe='')}"):  # fmt: skip
            page.goto(own_server.url + path)
            assert page.locator("script:not([src]), svg[onload], img[onerror]").count() == 0, path
    refused = [each for each in visitor.problems if "Failed to load resource: the server responded" in each]
    visitor.problems[:] = [each for each in visitor.problems if each not in refused]


def _tab_to(page: Page, is_meant: Callable[[str], bool]) -> None:
    """Press Tab until what has the focus is meant; what has it must be seen to have it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "() => [document.activeElement.innerText ?? '', getComputedStyle(document.activeElement).outlineStyle]"
        )
        if is_meant(" ".join(name.split())):
            assert outline != "none"
            return
    raise AssertionError("nothing of that name gets the focus")
