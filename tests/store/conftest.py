"""Stores to test, and sources to put into them."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest

from mediaproc.store.file_upload import PART_SIZE
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.store.failing_store import KEY, put


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to upload, with its checksum and size."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Sources:
    """Makes files of any size, each with content of its own."""

    folder: Path

    def make(self, size: int = 1000, *, seed: str = "one") -> Source:
        path = self.folder / f"{seed}-{size}"
        content = (sha256(seed.encode()).digest() * (size // 32 + 1))[:size]
        path.write_bytes(content)
        return Source(path=path, sha256=sha256(content).hexdigest(), size=size)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    folder = tmp_path / "sources"
    folder.mkdir()
    return Sources(folder)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of several parts go in parts, as those do which are too large for one request."""
    monkeypatch.setattr("mediaproc.store.file_upload.LARGEST_WHOLE", PART_SIZE)


@pytest.fixture
def stop() -> Event:
    return Event()


@pytest.fixture
def minio_store(minio_url: str) -> Store:
    return open_store(minio_url)


@pytest.fixture
def directory_store(tmp_path: Path) -> Store:
    (tmp_path / "store").mkdir()
    store = open_store(f"file://{tmp_path}/store")
    store.prepare()
    return store


@pytest.fixture(params=["minio", "directory"])
def store(request: pytest.FixtureRequest) -> Store:
    """Both stores, one after the other: a promise that a test shows on one must hold on the other."""
    chosen: Store = request.getfixturevalue(f"{request.param}_store")
    return chosen


@pytest.fixture
def each_call(sources: Sources, tmp_path: Path) -> list[Callable[[Store], object]]:
    """Every call that an attempt makes to a store."""
    source = sources.make()
    return [
        lambda store: put(store, source),
        lambda store: store.get(KEY, tmp_path / "back", stop=Event()),
        lambda store: store.stat(KEY),
        lambda store: store.delete(KEY),
    ]
