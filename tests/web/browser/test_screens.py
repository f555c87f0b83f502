"""Every screen in every look: readable by all, never sideways, within the strict policy, and nothing hostile runs."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.parts.browser import LOOKS, PAIRWISE, Look, Visitor, check_look
from tests.web.filled_site import Filled
from tests.web.screens import SCREENS, Screen
from tests.web.server import Server


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_is_fit_for_all_in_every_look(visitor: Visitor, filled: tuple[Server, Filled], screen: Screen) -> None:
    server, rows = filled
    cookies = [(server.url, "mediaproc", server.login(screen.scope, tenant=screen.tenant))] if screen.scope else []
    for look in LOOKS if os.environ.get("MEDIAPROC_TEST_ALL_LOOKS") else PAIRWISE:
        page = visitor.page(look, cookies=cookies)
        answer = page.goto(server.url + screen.path(rows))
        assert answer is not None
        assert answer.status == screen.status
        _keep_picture(page, screen=screen, look=look)
        check_look(page)
        page.context.close()
        if screen.status != 200:
            visitor.expect(f"status of {screen.status}")


def _keep_picture(page: Page, *, screen: Screen, look: Look) -> None:
    folder = os.environ.get("MEDIAPROC_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{screen.name}-{look}.png", full_page=True)
