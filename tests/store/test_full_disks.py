"""A full disk, the store's or this machine's, is no task's fault and leaves nothing half done."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.parts.minio import running_minio
from tests.parts.small_disk import small_disk
from tests.store.conftest import Source, Sources

MEGABYTE = 1024 * 1024
KEY = "a/3/a3f1/a3f1.avi"
Mount = Callable[[int], Path]
StoreOn = Callable[[Path], AbstractContextManager[Store]]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts disks of so many bytes."""
    with ExitStack() as disks:
        numbers = count()
        yield lambda size: disks.enter_context(small_disk(tmp_path / f"disk-{next(numbers)}", size=size, lazy=True))


def put(store: Store, source: Source, *, key: str = KEY) -> None:
    store.put(key, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event())


@contextmanager
def directory_on(disk: Path) -> Iterator[Store]:
    (disk / "store").mkdir()
    store = open_store(f"file://{disk}/store")
    store.prepare()
    yield store


@contextmanager
def minio_on(disk: Path) -> Iterator[Store]:
    with running_minio(disk / "minio") as server:
        yield open_store(server.url(server.make_bucket()))


@pytest.mark.parametrize("store_on", [directory_on, minio_on])
def test_a_full_store_takes_nothing_and_says_so(mount: Mount, sources: Sources, store_on: StoreOn) -> None:
    small, large = sources.make(MEGABYTE), sources.make(60 * MEGABYTE)
    with store_on(mount(48 * MEGABYTE)) as store:
        # MinIO reports a full disk only where it notices that before it writes.
        with pytest.raises(Unavailable, match=r"is full: make room there|cannot do its work now"):
            put(store, large)
        assert list(store.keys()) == []
        put(store, small, key="small")
        assert list(store.keys()) == ["small"]


def test_a_full_scratch_disk_is_named_as_that(
    mount: Mount, sources: Sources, minio_store: Store, directory_store: Store
) -> None:
    scratch = mount(4 * MEGABYTE)
    for store in (minio_store, directory_store):
        put(store, sources.make(20 * MEGABYTE))
        with pytest.raises(Unavailable, match=f"The disk under {scratch} is full") as caught:
            store.get(KEY, scratch / "source", stop=Event())
        assert caught.value.error_class is ErrorClass.DISK_FULL
        assert list(scratch.iterdir()) == []
