"""What is promised to attempts that run is kept for them: the next one waits, and pauses nothing."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped, Unavailable
from mediaproc.core.limits import DISK_FLOOR
from mediaproc.disk_room import DiskRoom
from mediaproc.scratch import Scratch

PATIENCE = 60.0
MEGABYTE = 1_000_000


def never() -> None:
    raise AssertionError("it had to wait")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scratch]:
    """A disk of 100 MB beside its floor, on which nobody writes but the attempts."""
    scratch = Scratch(tmp_path / "scratch", executor_id=uuid4())

    def usage(folder: Path) -> SimpleNamespace:
        used = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        total = 100 * MEGABYTE + DISK_FLOOR
        return SimpleNamespace(total=total, used=used, free=total - used)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    yield scratch
    scratch.close()


def promise(room: DiskRoom, folder: Path, size: int, *, held: int = 0, on_wait: Callable[[], None] = never) -> None:
    room.promise(folder, size, held=held, stop=threading.Event(), on_wait=on_wait)


def write(folder: Path, size: int) -> None:
    with (folder / "source").open("wb") as source:
        source.truncate(size)


def test_the_next_one_waits_until_one_that_runs_has_ended(scratch: Scratch) -> None:
    room, waits, order = DiskRoom(scratch), threading.Event(), []

    def second() -> None:
        with room.attempt_folder(uuid4()) as folder:
            promise(room, folder, 50 * MEGABYTE, on_wait=waits.set)
            order.append("second")

    with ThreadPoolExecutor(1) as threads:
        with room.attempt_folder(uuid4()) as folder:
            promise(room, folder, 60 * MEGABYTE)
            waiting = threads.submit(second)
            assert waits.wait(PATIENCE)
            order.append("first")
        waiting.result(PATIENCE)
    assert order == ["first", "second"]


def test_what_has_been_written_counts_once(scratch: Scratch) -> None:
    room = DiskRoom(scratch)
    with room.attempt_folder(uuid4()) as first, room.attempt_folder(uuid4()) as second:
        promise(room, first, 60 * MEGABYTE)
        write(first, 60 * MEGABYTE - 1)
        promise(room, second, 39 * MEGABYTE)


def test_what_lies_in_the_room_of_an_attempt_counts_as_written(scratch: Scratch) -> None:
    room = DiskRoom(scratch)
    with room.attempt_folder(uuid4()) as first, room.attempt_folder(uuid4()) as second:
        promise(room, first, 60 * MEGABYTE)
        (first / "room" / "fonts").mkdir(parents=True)
        write(first / "room" / "fonts", 40 * MEGABYTE)
        promise(room, second, 35 * MEGABYTE)


def test_one_that_is_alone_waits_for_nobody(scratch: Scratch) -> None:
    """Then it is the disk that is full, and the executor claims nothing more."""
    with (room := DiskRoom(scratch)).attempt_folder(uuid4()) as folder:
        write(folder, 60 * MEGABYTE)
        with pytest.raises(Unavailable) as full:
            promise(room, folder, 41 * MEGABYTE, held=60 * MEGABYTE - MEGABYTE)
    assert full.value.error_class is ErrorClass.DISK_FULL


def test_what_the_whole_disk_has_no_room_for_fails_at_once_beside_others(scratch: Scratch) -> None:
    room = DiskRoom(scratch)
    with room.attempt_folder(uuid4()) as first, room.attempt_folder(uuid4()) as second:
        promise(room, first, 60 * MEGABYTE)
        with pytest.raises(AttemptFailed):
            promise(room, second, 101 * MEGABYTE)


def test_two_that_wait_for_each_other_do_not_wait_for_ever(scratch: Scratch) -> None:
    """One gives up, and so makes room for the other."""
    room, waits = DiskRoom(scratch), threading.Event()

    def second() -> None:
        with room.attempt_folder(uuid4()) as folder:
            promise(room, folder, 45 * MEGABYTE)
            write(folder, 45 * MEGABYTE)
            has_both.wait(PATIENCE)
            promise(room, folder, 20 * MEGABYTE, held=45 * MEGABYTE, on_wait=waits.set)

    has_both = threading.Barrier(2)
    with ThreadPoolExecutor(1) as threads, room.attempt_folder(uuid4()) as folder:
        promise(room, folder, 45 * MEGABYTE)
        write(folder, 45 * MEGABYTE)
        other = threads.submit(second)
        has_both.wait(PATIENCE)
        assert waits.wait(PATIENCE)
        with pytest.raises(Unavailable):
            promise(room, folder, 20 * MEGABYTE, held=45 * MEGABYTE)
    other.result(PATIENCE)


def test_who_is_told_to_stop_waits_no_more(scratch: Scratch) -> None:
    room, stop = DiskRoom(scratch), threading.Event()
    with room.attempt_folder(uuid4()) as first, room.attempt_folder(uuid4()) as second:
        promise(room, first, 60 * MEGABYTE)
        with pytest.raises(Stopped):
            room.promise(second, 60 * MEGABYTE, stop=stop, on_wait=stop.set)
