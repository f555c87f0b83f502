"""Pages that follow their tasks, and changes for them to show."""

from playwright.sync_api import Page, expect
from sqlalchemy import text

from mediaproc.core.access import Scope
from tests.parts.browser import Look, Visitor
from tests.web.server import Server


def opened_at(visitor: Visitor, server: Server, path: str, *, width: int = 1280) -> Page:
    """The page of an operator, to whom changes are told."""
    page = visitor.page(Look(width=width), cookies=[(server.url, "mediaproc", server.login(Scope.ADMIN))])
    page.goto(server.url + path)
    expect(page.locator("[data-live-switch]")).to_have_attribute("data-state", "on")
    return page


def change(server: Server, task: int, **columns: object) -> None:
    """Write these columns of a task, as nothing of the product does."""
    written = ", ".join(f"{name} = :{name}" for name in columns)
    with server.site.parts.database.write() as connection:
        connection.execute(
            text(f"UPDATE media_process SET {written} WHERE id = :id"),  # noqa: S608 - names of the test
            {"id": task, **columns},
        )
