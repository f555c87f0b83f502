"""What every store promises, shown on each of them."""

from pathlib import Path
from threading import Event

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped, Unavailable
from mediaproc.store.file_upload import PART_SIZE
from mediaproc.store.interface import ObjectFacts, Received, Store
from tests.store.conftest import Source, Sources

KEY = "a/3/a3f1/a3f1.avi"
LARGE = 2 * PART_SIZE + 12_345


def put(store: Store, source: Source, *, key: str = KEY, stop: Event | None = None) -> None:
    store.put(key, source.path, sha256=source.sha256, content_type="video/x-msvideo", stop=stop or Event())


@pytest.mark.parametrize("size", [1, 1000, PART_SIZE, PART_SIZE + 1, LARGE])
def test_what_was_put_comes_back_whole(store: Store, sources: Sources, stop: Event, tmp_path: Path, size: int) -> None:
    source = sources.make(size)
    put(store, source)
    received = store.get(KEY, tmp_path / "back", stop=stop)
    assert received == Received(size=size, sha256=source.sha256)
    assert (tmp_path / "back").read_bytes() == source.path.read_bytes()


def test_an_object_is_known_by_its_size_checksum_and_type(store: Store, sources: Sources) -> None:
    source = sources.make()
    assert store.stat(KEY) is None
    put(store, source)
    assert store.stat(KEY) == ObjectFacts(size=1000, sha256=source.sha256, content_type="video/x-msvideo")


def test_a_second_put_replaces_the_first(store: Store, sources: Sources, stop: Event, tmp_path: Path) -> None:
    put(store, sources.make(seed="one"))
    put(store, sources.make(seed="two"))
    assert store.get(KEY, tmp_path / "back", stop=stop).sha256 == sources.make(seed="two").sha256


def test_a_deleted_object_is_gone_and_may_be_deleted_again(store: Store, sources: Sources) -> None:
    put(store, sources.make())
    store.delete(KEY)
    assert store.stat(KEY) is None
    store.delete(KEY)
    assert list(store.keys()) == []


def test_an_object_is_listed_with_the_state_that_it_has(store: Store, sources: Sources) -> None:
    for key in ("in/1.avi", "in/a/2 b+%.avi", "inside.avi", "other/3.avi"):
        put(store, sources.make(), key=key)
    found = {each.key: each for each in store.listed("in/")}
    assert sorted(found) == ["in/1.avi", "in/a/2 b+%.avi"]
    for key, each in found.items():
        facts = store.stat(key)
        assert facts is not None
        assert (each.size, each.state, each.is_whole) == (1000, facts.state, True)
    put(store, sources.make(seed="another"), key="in/1.avi")
    [changed] = store.listed("in/1")
    assert changed.state != found["in/1.avi"].state
    assert list(store.listed("nowhere/")) == []


def test_a_moved_object_has_its_new_key_alone_and_is_whole(
    store: Store, sources: Sources, stop: Event, tmp_path: Path
) -> None:
    source = sources.make()
    put(store, source)
    put(store, sources.make(seed="two"), key="b/other.avi")
    store.move(KEY, to="b/other.avi")
    assert list(store.keys()) == ["b/other.avi"]
    assert store.get("b/other.avi", tmp_path / "back", stop=stop).sha256 == source.sha256
    facts = store.stat("b/other.avi")
    assert facts is not None
    assert (facts.sha256, facts.content_type) == (source.sha256, "video/x-msvideo")


def test_keys_are_listed_by_prefix_in_order(store: Store, sources: Sources) -> None:
    source = sources.make()
    for key in ("b/1/x.avi", "a/2/y.avi", "a/1/z with space+%.avi"):
        put(store, source, key=key)
    assert list(store.keys("a/")) == ["a/1/z with space+%.avi", "a/2/y.avi"]
    assert list(store.keys()) == ["a/1/z with space+%.avi", "a/2/y.avi", "b/1/x.avi"]


def test_a_missing_object_fails_the_attempt_and_leaves_no_file(store: Store, stop: Event, tmp_path: Path) -> None:
    with pytest.raises(AttemptFailed, match=r"is not in .* any more") as caught:
        store.get(KEY, tmp_path / "back", stop=stop)
    assert caught.value.error_class is ErrorClass.SOURCE_MISSING
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("size", [1000, LARGE])
def test_a_file_that_changed_is_not_put_at_all(store: Store, sources: Sources, stop: Event, size: int) -> None:
    source = sources.make(size)
    with source.path.open("r+b") as file:
        file.seek(size - 1)
        file.write(b"\xff")
    with pytest.raises(AttemptFailed, match="changed while it was being uploaded") as caught:
        put(store, source, stop=stop)
    assert caught.value.error_class is ErrorClass.SOURCE_CORRUPTED
    assert list(store.keys()) == []


def test_a_file_of_which_nothing_is_left_is_not_put_at_all(store: Store, sources: Sources) -> None:
    source = sources.make()
    source.path.write_bytes(b"")
    with pytest.raises(AttemptFailed, match="changed while it was being uploaded"):
        put(store, source)
    assert list(store.keys()) == []


@pytest.mark.parametrize("path", [Path("/nowhere.avi"), Path("/proc/self/mem")], ids=["vanished", "unreadable"])
def test_a_file_that_cannot_be_read_to_its_end_is_no_fault_of_the_store(store: Store, stop: Event, path: Path) -> None:
    with pytest.raises(AttemptFailed, match="could not be read to its end"):
        store.put(KEY, path, sha256="0" * 64, content_type="video/mp4", stop=stop)
    assert list(store.keys()) == []


def test_a_stopped_put_leaves_nothing(store: Store, sources: Sources, stop: Event) -> None:
    source = sources.make(LARGE)

    def stop_early(count: int) -> None:
        assert count > 0
        stop.set()

    with pytest.raises(Stopped):
        store.put(KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=stop, on_bytes=stop_early)
    assert list(store.keys()) == []


def test_a_stopped_get_leaves_no_file(store: Store, sources: Sources, stop: Event, tmp_path: Path) -> None:
    put(store, sources.make(LARGE))

    def stop_early(count: int) -> None:
        assert count > 0
        stop.set()

    with pytest.raises(Stopped):
        store.get(KEY, tmp_path / "back", stop=stop, on_bytes=stop_early)
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("most", [1, 999, LARGE - 1])
def test_a_get_ends_at_the_first_byte_too_many(
    store: Store, sources: Sources, stop: Event, tmp_path: Path, most: int
) -> None:
    got: list[int] = []
    put(store, sources.make(LARGE))
    with pytest.raises(AttemptFailed, match=rf"More than the {most} bytes came that were stored") as caught:
        store.get(KEY, tmp_path / "back", stop=stop, on_bytes=got.append, most=most)
    assert caught.value.error_class is ErrorClass.SOURCE_CORRUPTED
    assert sum(got) <= most
    assert not (tmp_path / "back").exists()
    # A download without a bound, or with one that fits, takes all bytes.
    assert store.get(KEY, tmp_path / "back", stop=stop).size == LARGE
    assert store.get(KEY, tmp_path / "back", stop=stop, most=LARGE).size == LARGE


def test_every_byte_is_told_once(store: Store, sources: Sources, stop: Event, tmp_path: Path) -> None:
    source = sources.make(LARGE)
    sent: list[int] = []
    got: list[int] = []
    store.put(KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=stop, on_bytes=sent.append)
    store.get(KEY, tmp_path / "back", stop=stop, on_bytes=got.append)
    assert sum(sent) == sum(got) == LARGE
    assert len(sent) > 2
    assert len(got) > 2


def test_a_check_may_be_repeated(store: Store) -> None:
    store.check()
    store.check()


def test_a_full_disk_here_is_nobodys_fault(store: Store, sources: Sources, stop: Event, tmp_path: Path) -> None:
    put(store, sources.make())
    # The link goes when the download fails, and the device behind it stays.
    (tmp_path / "back").symlink_to("/dev/full")
    with pytest.raises(Unavailable, match="is full: make room there") as caught:
        store.get(KEY, tmp_path / "back", stop=stop)
    assert caught.value.error_class is ErrorClass.DISK_FULL
    assert Path("/dev/full").is_char_device()


def test_a_store_with_a_clock_tells_how_far_ours_is_ahead(store: Store) -> None:
    skew = store.skew()
    # Store and test share one clock; the Date header has whole seconds.
    assert skew is None or abs(skew) < 60
    assert (skew is None) == (type(store).__name__ == "DirectoryStore")
