"""Films are dropped, chosen or sent by a form, and lead to their tasks; a page that was left goes on where it was."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from mediaproc.core.access import Scope
from tests.parts.browser import Look, Visitor, check_look
from tests.parts.clips import Clips
from tests.parts.postgres import PostgresServer
from tests.parts.waiting import until
from tests.web.conftest import opened
from tests.web.server import Server, serving, site_of

# An upload's end may take a while on a busy machine.
PATIENCE = 120_000.0
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    name = postgres_server.create_database()
    with opened(postgres_server.url(name), tmp_path_factory.mktemp("uploads")) as parts:
        with serving(site_of(parts)) as server:
            yield server
        server.site.uploads.close()
    postgres_server.drop_database(name)


def upload_page(
    visitor: Visitor, server: Server, *, width: int = 1280, javascript: bool = True, tenant: str | None = None
) -> Page:
    login = server.login(Scope.READ, Scope.ENQUEUE, tenant=tenant)
    page = visitor.page(Look(width=width), javascript=javascript, cookies=[(server.url, "mediaproc", login)])
    page.goto(f"{server.url}/upload")
    return page


def received(server: Server, *, filename: str) -> list[tuple[str, int]]:
    """The uploads of that name: how far each has come."""
    with server.site.parts.database.read() as connection:
        found = connection.execute(
            text("SELECT id, received FROM media_resumable_upload WHERE metadata ->> 'filename' = :name"),
            {"name": filename},
        )
        return [(row.id, row.received) for row in found]


def has_task_of(server: Server, digest: str) -> bool:
    with server.site.parts.database.read() as connection:
        found = connection.execute(text("SELECT 1 FROM media_process WHERE file_id = :id"), {"id": digest})
        return len(found.all()) == 1


def test_films_that_are_chosen_lead_to_their_tasks_and_what_is_none_is_told(
    server: Server, visitor: Visitor, clips: Clips, tmp_path: Path
) -> None:
    film, none = tmp_path / "<img src=x onerror=alert(1)>.avi", tmp_path / "notes.txt"
    shutil.copy(clips.make(seed=301), film)
    none.write_text("hello")
    page = upload_page(visitor, server)
    page.get_by_label("poster").check()
    page.locator("input[type=file]").set_input_files([film, none])
    page.get_by_role("button", name="Upload").press("Enter")
    rows = page.locator("#uploads li")
    expect(rows.nth(0)).to_contain_text("Accepted", timeout=PATIENCE)
    expect(rows.nth(1)).to_contain_text("Refused: ", timeout=PATIENCE)
    expect(rows.nth(0).locator("a")).to_have_count(2)
    assert has_task_of_each(server, film)
    check_look(page)


def has_task_of_each(server: Server, film: Path) -> bool:
    with server.site.parts.database.read() as connection:
        found = connection.execute(
            text("SELECT profile FROM media_process WHERE file_id = :id ORDER BY profile"),
            {"id": hashlib.sha256(film.read_bytes()).hexdigest()},
        )
        return list(found.scalars()) == ["mp4", "poster"]


def test_a_page_that_was_left_goes_on_where_it_was(
    server: Server, visitor: Visitor, clips: Clips, tmp_path: Path
) -> None:
    film = tmp_path / "long.avi"
    film.write_bytes(clips.make(seed=302).read_bytes() + Random(4).randbytes(24 * MIB))  # noqa: S311
    page = upload_page(visitor, server, width=360)
    slow = page.context.new_cdp_session(page)
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 4 * MIB},
    )
    _choose(page, film)
    until(lambda: any(count for _, count in received(server, filename=film.name)))
    # Closed by force: a reload would be asked about.
    context = page.context
    page.close()
    page = context.new_page()
    visitor.watch(page)
    page.goto(f"{server.url}/upload")
    [(begun, _)] = received(server, filename=film.name)
    _choose(page, film)
    row = page.locator("#uploads li")
    expect(row).to_contain_text("It goes on where it was cut.", timeout=PATIENCE)
    expect(row).to_contain_text("Accepted", timeout=PATIENCE)
    assert [upload_id for upload_id, _ in received(server, filename=film.name)] == [begun]
    assert has_task_of(server, hashlib.sha256(film.read_bytes()).hexdigest())
    # While the first request is noticed to be gone, the second one is told to wait; the browser tells of that.
    visitor.problems[:] = [each for each in visitor.problems if "423" not in each]


def _choose(page: Page, film: Path) -> None:
    page.locator("input[type=file]").set_input_files(film)
    page.get_by_role("button", name="Upload").click()


def test_a_folder_that_is_dropped_is_taken_with_all_that_is_in_it(
    server: Server, visitor: Visitor, clips: Clips, tmp_path: Path
) -> None:
    folder = tmp_path / "holiday"
    (folder / "day 2").mkdir(parents=True)
    films = [folder / "a.avi", folder / "day 2" / "b.avi"]
    for number, film in enumerate(films):
        shutil.copy(clips.make(seed=310 + number), film)
    (folder / ".hidden").write_text("not a film")
    page = upload_page(visitor, server)
    box = page.locator(".drop").bounding_box()
    assert box is not None
    mouse = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": dragged})
    rows = page.locator("#uploads li")
    expect(rows).to_have_count(2)
    for number in range(2):
        expect(rows.nth(number)).to_contain_text("Accepted", timeout=PATIENCE)
    assert all(has_task_of(server, hashlib.sha256(film.read_bytes()).hexdigest()) for film in films)


def test_what_passes_says_nothing_of_a_film_and_who_would_lose_one_is_asked(
    server: Server, visitor: Visitor, clips: Clips, tmp_path: Path
) -> None:
    film = tmp_path / "patient.avi"
    shutil.copy(clips.make(seed=315), film)
    page = upload_page(visitor, server)
    statuses = {"POST": [429, 503], "GET": [503, 429]}
    begun: list[Route] = []

    def refuse(route: Route) -> None:
        status = statuses[route.request.method].pop(0)
        route.fulfill(status=status, content_type="application/problem+json", body='{"detail": "Later."}')

    def answer(route: Route) -> None:
        if not begun:
            # Answered once who would leave was asked: until then the film is on its way, however long that takes.
            begun.append(route)
        elif statuses.get(route.request.method):
            refuse(route)
        else:
            route.continue_()

    page.route("**/api/v1/uploads*", answer)
    page.route("**/api/v1/uploads/*", answer)
    _choose(page, film)
    row = page.locator("#uploads li")
    expect(row).to_contain_text("Uploading")
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    refuse(begun[0])
    expect(row).to_contain_text("Accepted", timeout=PATIENCE)
    visitor.expect("beforeunload opened", "429", "503")
    with page.expect_event("close"):
        page.close(run_before_unload=True)


def test_without_javascript_a_form_hands_one_film_in_and_its_page_leads_to_the_task(
    server: Server, visitor: Visitor, clips: Clips, tmp_path: Path
) -> None:
    film = tmp_path / "märchen.avi"
    shutil.copy(clips.make(seed=320), film)
    page = upload_page(visitor, server, javascript=False, tenant="ann")
    expect(page.get_by_label("Tenant")).to_have_count(0)
    _choose(page, film)
    expect(page.get_by_role("heading", name="märchen.avi")).to_be_visible()
    # The page asks again by itself until it knows.
    expect(page.get_by_role("link", name="Task")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("main")).to_contain_text("Accepted")
    assert has_task_of(server, hashlib.sha256(film.read_bytes()).hexdigest())


def test_what_is_no_film_is_told_without_javascript_too(server: Server, visitor: Visitor, tmp_path: Path) -> None:
    none = tmp_path / "notes.txt"
    none.write_text("hello once more")
    page = upload_page(visitor, server, javascript=False)
    _choose(page, none)
    expect(page.locator("main")).to_contain_text("Refused", timeout=PATIENCE)


def test_who_may_not_upload_sees_no_form(server: Server, visitor: Visitor) -> None:
    page = visitor.page(cookies=[(server.url, "mediaproc", server.login(Scope.READ))])
    answer = page.goto(f"{server.url}/upload")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("form#upload")).to_have_count(0)
    visitor.expect("403")
