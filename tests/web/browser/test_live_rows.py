"""htmx and its stream of events replace single rows within the strict policy: nothing runs, and the focus stays."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mediaproc.web.preferences import Language, Theme
from mediaproc.web.rendering import TEMPLATES, Renderer
from tests.parts.browser import Visitor
from tests.web.browser.page_server import serving

_ROW = """<tr id="row-2"><td><button type="button">2</button><span>after &lt;img src=x onerror=alert(1)&gt;</span></td>\
<td><time datetime="2026-11-30T08:15:02Z" data-local>2026-11-30 08:15:02 UTC</time></td></tr>"""
_EVENT = f'id: 1:1\ndata: <hx-partial hx-target="#row-2" hx-swap="outerMorph">{_ROW}</hx-partial>\n\n'


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    renderer = Renderer(folders=(TEMPLATES, Path(__file__).parent))

    def render(path: str, _: Mapping[str, str], __: str) -> str:
        return renderer.render("live_rows.html", language=Language.ENGLISH, theme=Theme.AUTO, access=None, path=path)

    with serving(render, streams={"/events": _EVENT}) as address:
        yield address


def test_an_event_changes_its_row_and_leaves_the_focus_where_it_is(visitor: Visitor, address: str) -> None:
    page = visitor.page()
    page.add_init_script("addEventListener('DOMContentLoaded', () => document.querySelector('#row-2 button').focus())")
    page.goto(address)
    row = page.locator("#row-2")
    expect(row.locator("span")).to_have_text("after <img src=x onerror=alert(1)>")
    expect(row.get_by_role("button")).to_be_focused()
    expect(row.locator("time")).to_contain_text("09:15:02")
    expect(page.locator("#row-1 span")).to_have_text("before")


def test_without_javascript_the_rows_are_there_all_the_same(visitor: Visitor, address: str) -> None:
    page = visitor.page(javascript=False)
    page.goto(address)
    expect(page.locator("#row-2 span")).to_have_text("before")
