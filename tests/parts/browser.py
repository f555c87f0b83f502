"""Debian's Chromium, driven by Playwright; every page is watched, and whatever goes wrong in it fails the test.

The fixtures `chromium` and `visitor` are in tests/web/conftest.py. A test that uses them belongs into
tests/web/browser/: while a browser is open, its thread runs an event loop, so that nothing else there can start one.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, ViewportSize, sync_playwright

AXE = Path(__file__).parents[1] / "web/vendored/axe.min.js"

# The network is cut off: a page that asks another host gets no answer, and the test fails besides.
_OPTIONS = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--disable-dev-shm-usage")

# The browser tells of each violation of the policy in a way that names what was refused.
_TELL_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) => console.error(
  'CSP refused ' + event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sample));
"""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a reader sees a page."""

    theme: str = "light"
    width: int = 1280
    language: str = "en"

    def __str__(self) -> str:
        return f"{self.theme}-{self.width}-{self.language}"


LOOKS: Sequence[Look] = tuple(
    Look(theme=theme, width=width, language=language)
    for theme, width, language in product(("light", "dark"), (1280, 360), ("en", "zh"))
)
# Half of them, in which each two choices meet.
PAIRWISE: Sequence[Look] = (
    Look(),
    Look(width=360, language="zh"),
    Look(theme="dark", language="zh"),
    Look(theme="dark", width=360),
)
_HEIGHTS = {1280: 800, 360: 740}


@dataclass
class Visitor:
    """Opens pages in fresh contexts, and remembers all that goes wrong in them."""

    browser: Browser
    problems: list[str] = field(default_factory=list)

    def page(
        self, look: Look = Look(), *, javascript: bool = True, cookies: Sequence[tuple[str, str, str]] = ()
    ) -> Page:
        """A page in a context of its own; `cookies` are (address, name, value)."""
        context = self.browser.new_context(
            viewport=ViewportSize(width=look.width, height=_HEIGHTS.get(look.width, 800)),
            color_scheme="dark" if look.theme == "dark" else "light",
            locale={"en": "en-GB", "zh": "zh-CN"}[look.language],
            timezone_id="Asia/Shanghai" if look.language == "zh" else "Europe/Paris",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        for address, name, value in cookies:
            context.add_cookies([{"url": address, "name": name, "value": value}])
        if javascript:
            context.add_init_script(_TELL_VIOLATIONS)
        page = context.new_page()
        self.watch(page)
        return page

    def watch(self, page: Page) -> None:
        """Remember what goes wrong in this page from here on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"script failed: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def expect(self, *parts: str) -> None:
        """Forget each problem that holds one of these parts; a part that no problem holds fails the test."""
        for part in parts:
            held = [each for each in self.problems if part in each]
            assert held, f"nothing went wrong that holds '{part}', only: {self.problems}"
            self.problems[:] = [each for each in self.problems if each not in held]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"{dialog.type} opened: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in ("127.0.0.1", "localhost"):
            self.problems.append(f"another host was asked: {request.url}")


@contextmanager
def opened_chromium() -> Iterator[Browser]:
    """A browser without a window; the test is skipped where Chromium is not installed."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS), chromium_sandbox=False)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched(browser: Browser) -> Iterator[Visitor]:
    """A visitor; at the end nothing may have gone wrong in any of its pages."""
    visitor = Visitor(browser)
    try:
        yield visitor
        if visitor.problems:
            pytest.fail("\n".join(["this went wrong in the pages:", *visitor.problems]))
    finally:
        for context in browser.contexts:
            context.close()


def accessibility_findings(page: Page) -> list[str]:
    """What axe-core finds in the page as it is, each with the first places it names."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => JSON.stringify((await axe.run({resultTypes: ['violations']})).violations)")
    return [
        f"{each['id']}: {each['help']}: " + "; ".join(node["html"][:200] for node in each["nodes"][:3])
        for each in json.loads(found)
    ]


def check_accessibility(page: Page) -> None:
    """Fails where axe-core finds anything."""
    findings = accessibility_findings(page)
    if findings:
        pytest.fail("\n".join(["axe-core found:", *findings]))


def sideways_scroll(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def too_wide(page: Page) -> list[str]:
    """The innermost elements that stand out of the window."""
    found: list[str] = page.evaluate("""() => {
      const wide = [...document.querySelectorAll('body *')].filter(
        (each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5);
      return wide.filter((each) => !wide.some((other) => each !== other && each.contains(other)))
        .map((each) => each.outerHTML.slice(0, 160));
    }""")
    return found


def check_look(page: Page) -> None:
    """What holds of every page in every look."""
    if sideways_scroll(page):
        pytest.fail("\n".join(["the page can be scrolled sideways:", *too_wide(page)]))
    check_accessibility(page)
