"""Pages escape what they show, lead only where the reader may go, and stay below their prefix."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from mediaproc.core.access import Access, Scope
from mediaproc.web.preferences import Language, Theme
from mediaproc.web.rendering import TEMPLATES, Renderer
from mediaproc.web.static_files import STATIC
from mediaproc.web.texts import texts_in
from mediaproc.web.wording import Wording

ALL = frozenset({Scope.ADMIN})


def _page(*, prefix: str = "", access: Access | None = None, path: str = "/", theme: Theme = Theme.AUTO) -> str:
    renderer = Renderer(prefix=prefix)
    return renderer.render("base.html", language=Language.ENGLISH, theme=theme, access=access, path=path)


def _access(*scopes: Scope, tenant: str | None = None, actor: str = "anna") -> Access:
    return Access(scopes=frozenset(scopes), tenant=tenant, actor=actor)


def _led_to(page: str) -> list[str]:
    bar = page.partition('<nav class="nav"')[2].partition("</nav>")[0]
    return re.findall(r'href="([^"]*)"', bar)


def test_what_a_page_shows_is_escaped() -> None:
    page = _page(access=_access(Scope.READ, actor="<script>alert(1)</script>"), path='/"><img src=x>')
    assert "<script>alert" not in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("access", "paths"),
    [
        (None, []),
        (_access(Scope.READ), ["/", "/tasks", "/executors", "/schedules", "/audit"]),
        (_access(Scope.ENQUEUE), ["/upload"]),
        (_access(Scope.READ, Scope.ENQUEUE, tenant="acme"), ["/", "/tasks", "/upload"]),
        (
            _access(Scope.ADMIN),
            ["/", "/tasks", "/executors", "/schedules", "/upload", "/webhooks", "/audit", "/tokens"],
        ),
    ],
    ids=["nobody", "reader", "website", "tenant", "admin"],
)
def test_everybody_is_led_only_where_they_may_go(access: Access | None, paths: list[str]) -> None:
    assert _led_to(_page(access=access)) == paths


def test_every_address_stands_below_the_prefix() -> None:
    page = _page(prefix="/media", access=_access(Scope.ADMIN))
    addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
    assert len(addresses) > 10
    assert [each for each in addresses if not each.startswith("/media/")] == []


@pytest.mark.parametrize(
    ("path", "current"),
    [("/", "Overview"), ("/tasks", "Tasks"), ("/tasks/4711", "Tasks"), ("/tasks?q=x", "Tasks"), ("/login", None)],
)
def test_the_bar_marks_the_screen_that_is_shown(path: str, current: str | None) -> None:
    marked = re.findall(r'aria-current="page">([^<]*)<', _page(access=_access(Scope.ADMIN), path=path))
    assert marked == ([current] if current else [])


def test_a_theme_that_was_chosen_is_told_to_the_style_sheet() -> None:
    assert 'data-theme="dark"' in _page(theme=Theme.DARK)
    assert "data-theme" not in _page(theme=Theme.AUTO)


def test_a_value_that_a_handler_forgot_is_seen(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ forgotten }}")
    renderer = Renderer(folders=(TEMPLATES, tmp_path))
    with pytest.raises(UndefinedError):
        renderer.part("page.html", language=Language.ENGLISH)


_NEVER_IN_TEMPLATES = {
    "a value taken as HTML": r"\|\s*safe\b|Markup|autoescape",
    "an inline style or handler": r"\sstyle=|<style|\son\w+=",
    "a script in the page": r"<script(?![^>]*\bsrc=)",
    "an address that the prefix would not reach": r"(?:href|src|action)=\"/",
    "another host": r"https?://",
}


def _wrong_in(template: str) -> list[str]:
    return [name for name, pattern in _NEVER_IN_TEMPLATES.items() if re.search(pattern, template)]


def test_no_template_holds_what_the_policy_forbids() -> None:
    templates = list(TEMPLATES.rglob("*.html"))
    assert len(templates) > 1
    assert {file.name: wrong for file in templates if (wrong := _wrong_in(file.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "template",
    [
        "{{ name | safe }}",
        '<p style="color: red">',
        '<p onclick="x()">',
        "<script>x()</script>",
        '<a href="/tasks">',
        '<img src="https://elsewhere.test/x">',
    ],
)
def test_what_the_policy_forbids_would_be_seen(template: str) -> None:
    assert _wrong_in(template) != []


def test_nothing_that_browsers_load_names_another_host() -> None:
    own = [file for file in STATIC.glob("*.*") if file.suffix != ".svg"]
    assert len(own) >= 2
    assert [file.name for file in own if re.search(r"https?://", file.read_text(encoding="utf-8"))] == []


def test_values_are_written_in_the_language_of_the_page() -> None:
    english, chinese = (Wording(texts_in(language)) for language in Language)
    now = datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert english.ago(now - timedelta(minutes=3), now) == "3 min ago"
    assert chinese.ago(now - timedelta(minutes=3), now) == "3 分钟前"
    assert english.ago(now + timedelta(hours=2, minutes=5), now) == "in 2 h 5 min"
    assert [english.capped(count) for count in (12, 9_999, 10_000)] == ["12", "9,999", "10,000+"]
    assert [english.percent(part) for part in (None, 0.614, 1.2)] == [english.nothing, "61 %", "100 %"]
    assert [english.size(None), english.duration(None)] == [english.nothing] * 2
