"""Real parts behind a server: one site for all tests that leave each other's rows alone, and others; a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mediaproc.config import Settings
from mediaproc.db.database import Database
from mediaproc.parts import Parts, open_parts
from tests.parts.browser import Visitor, opened_chromium, watched
from tests.parts.postgres import PostgresServer
from tests.web.filled_site import Filled, fill
from tests.web.server import Server, serving, site_of


@contextmanager
def opened(database_url: str, folder: Path) -> Iterator[Parts]:
    """A site of this database, with a directory as its store."""
    store = folder / "store"
    store.mkdir()
    named = {"database_url": database_url, "store_url": f"file://{store}", "home": folder / "home"}
    with open_parts(Settings.model_validate(named)) as parts:
        parts.store.prepare()
        yield parts


@pytest.fixture(scope="session")
def parts(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """A site with a directory as its store, for all tests of a worker: its tables hold what other tests have made."""
    name = postgres_server.create_database()
    with opened(postgres_server.url(name), tmp_path_factory.mktemp("site")) as parts:
        yield parts
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def server(parts: Parts) -> Iterator[Server]:
    """A server of the site that all tests share."""
    with serving(site_of(parts)) as server:
        yield server
    server.site.uploads.close()


@pytest.fixture
def own_parts(database_url: str, tmp_path: Path) -> Iterator[Parts]:
    """A site with a directory as its store, of this test alone."""
    with opened(database_url, tmp_path) as parts:
        yield parts


@pytest.fixture
def own_server(own_parts: Parts) -> Iterator[Server]:
    """A server of the test's own site."""
    with serving(site_of(own_parts)) as server:
        yield server


@pytest.fixture(scope="module")
def filled(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Filled]]:
    """A server of a site where something of everything has happened, for the tests of a module that change little."""
    name = postgres_server.create_database()
    with opened(postgres_server.url(name), tmp_path_factory.mktemp("filled")) as parts:
        rows = fill(parts.database)
        with serving(site_of(parts)) as server:
            yield server, rows
    postgres_server.drop_database(name)


@pytest.fixture
def broken_parts(parts: Parts) -> Iterator[Parts]:
    """A site with a database that nobody answers for."""
    nobody = Database.at("postgresql://nobody@127.0.0.1:1/nothing")
    yield replace(parts, database=nobody)
    nobody.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for all tests of a module, which is in tests/web/browser/."""
    with opened_chromium() as browser:
        yield browser


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Opens pages, each in a fresh context; the test fails if anything goes wrong in one."""
    with watched(chromium) as visitor:
        yield visitor
