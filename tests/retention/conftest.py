"""Real parts: a database of the test's own, and a store whose deletions can be made to fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc import log
from mediaproc.db.database import Database
from mediaproc.retention.keep import Keep
from mediaproc.retention.pruning import Pruning
from tests.db.old_rows import DAY
from tests.parts.faulty_store import FaultyStore

KEEP = Keep(logs=10 * DAY, attempts=20 * DAY, audit=30 * DAY, deliveries=35 * DAY, history=40 * DAY)


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


@pytest.fixture
def pruning(database: Database, store: FaultyStore) -> Pruning:
    return Pruning(database=database, store=store, keep=KEEP, log=log.get())
