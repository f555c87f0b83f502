"""Every screen in every look: readable by all, never sideways, within the strict policy, and nothing hostile runs."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.parts.browser import LOOKS, PAIRWISE, Look, Visitor, check_look
from tests.parts.postgres import PostgresServer
from tests.web.conftest import opened
from tests.web.filled_site import Filled, fill
from tests.web.screens import SCREENS, Screen
from tests.web.server import Server, serving, site_of


@pytest.fixture(scope="module")
def filled(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Filled]]:
    """A server of a site where something of everything has happened."""
    name = postgres_server.create_database()
    with opened(postgres_server.url(name), tmp_path_factory.mktemp("filled")) as parts:
        rows = fill(parts.database)
        with serving(site_of(parts)) as server:
            yield server, rows
    postgres_server.drop_database(name)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_is_fit_for_all_in_every_look(visitor: Visitor, filled: tuple[Server, Filled], screen: Screen) -> None:
    server, rows = filled
    cookies = [(server.url, "mediaproc", server.login(screen.scope))] if screen.scope else []
    for look in LOOKS if os.environ.get("MEDIAPROC_TEST_ALL_LOOKS") else PAIRWISE:
        page = visitor.page(look, cookies=cookies)
        answer = page.goto(server.url + screen.path(rows))
        assert answer is not None
        assert answer.status == 200
        _keep_picture(page, screen=screen, look=look)
        check_look(page)
        page.context.close()


def _keep_picture(page: Page, *, screen: Screen, look: Look) -> None:
    folder = os.environ.get("MEDIAPROC_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{screen.name}-{look}.png", full_page=True)
