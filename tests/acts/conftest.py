"""Real parts: a database of the test's own, and a store whose deletions can be made to fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc.db.database import Database
from tests.parts.faulty_store import FaultyStore


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database.at(database_url)
    yield database
    database.close()


@pytest.fixture
def store(tmp_path: Path) -> FaultyStore:
    store = FaultyStore(tmp_path / "media", is_own=False)
    store.prepare()
    return store
