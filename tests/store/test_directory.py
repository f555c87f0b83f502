"""Faults that only a store in a directory can have: where its files are, which users read them, what a crash leaves."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediaproc.core.errors import AttemptFailed, ErrorClass, PartMissing, Unavailable
from mediaproc.store.directory import DirectoryStore
from mediaproc.store.write_check import run_write_check
from tests.store.conftest import Source, Sources

KEY = "a/3/a3f1/a3f1.avi"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> DirectoryStore:
    store = DirectoryStore(root)
    store.prepare()
    return store


def put(store: DirectoryStore, source: Source, *, key: str = KEY) -> None:
    store.put(key, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event())


def files_under(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@example("../escaped")
@example("/etc/passwd")
@example("a/../../escaped")
@example("a//b")
@example(".facts/a/3/a3f1/a3f1.avi.json")
@example(".incoming/x")
@example("a/./b")
@example("")
@example("nul\0byte")
@given(st.text(st.sampled_from("./\\\0ab~"), max_size=12))
def test_no_key_leads_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    outside = tmp_path_factory.mktemp("outside")
    source = outside / "source"
    source.write_bytes(b"bytes")
    (outside / "store").mkdir()
    store = DirectoryStore(outside / "store")
    store.prepare()
    before = files_under(outside)
    try:
        store.put(key, source, sha256=sha256(b"bytes").hexdigest(), content_type="video/mp4", stop=Event())
    except ValueError:
        assert files_under(outside) == before
    else:
        assert list(store.keys()) == [key]
        assert all(path == Path("source") or path.parts[0] == "store" for path in files_under(outside))


def test_a_link_in_the_folder_leads_nowhere_else(store: DirectoryStore, root: Path, sources: Sources) -> None:
    (root.parent / "elsewhere").mkdir()
    (root / "a").symlink_to(root.parent / "elsewhere")
    with pytest.raises(ValueError, match="leads out of the store"):
        put(store, sources.make())
    assert files_under(root.parent / "elsewhere") == set()


def test_only_the_owner_can_read_what_is_kept(store: DirectoryStore, root: Path, sources: Sources) -> None:
    put(store, sources.make())
    assert {path.stat().st_mode & 0o077 for path in root.rglob("*")} == {0}


def test_a_writer_that_was_killed_leaves_no_object_and_the_next_check_clears_up(
    store: DirectoryStore, root: Path, sources: Sources
) -> None:
    source = sources.make(5_000_000)
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from threading import Event\n"
        "from mediaproc.store.directory import DirectoryStore\n"
        "die = lambda count: os.kill(os.getpid(), signal.SIGKILL)\n"
        "DirectoryStore(Path(sys.argv[1])).put(sys.argv[2], Path(sys.argv[3]), sha256=sys.argv[4],\n"
        "    content_type='video/mp4', stop=Event(), on_bytes=die)\n"
    )
    arguments = [str(root), KEY, str(source.path), source.sha256]
    assert subprocess.run([sys.executable, "-c", script, *arguments], check=False).returncode == -9
    assert store.stat(KEY) is None
    assert len(files_under(root / ".incoming")) == 1
    DirectoryStore(root).check()
    assert files_under(root / ".incoming") == set()


def test_a_check_leaves_alone_what_another_is_writing(store: DirectoryStore, root: Path, sources: Sources) -> None:
    source = sources.make(3_000_000)
    checked: list[int] = []

    def check_meanwhile(count: int) -> None:
        DirectoryStore(root).check()
        checked.append(count)

    store.put(KEY, source.path, sha256=source.sha256, content_type="video/mp4", stop=Event(), on_bytes=check_meanwhile)
    assert checked
    facts = store.stat(KEY)
    assert facts is not None
    assert facts.sha256 == source.sha256


def test_an_object_that_rotted_fails_the_attempt(
    store: DirectoryStore, root: Path, sources: Sources, tmp_path: Path
) -> None:
    put(store, sources.make())
    with (root / KEY).open("r+b") as file:
        file.write(b"rot")
    with pytest.raises(AttemptFailed, match="has not the checksum") as caught:
        store.get(KEY, tmp_path / "back", stop=Event())
    assert caught.value.error_class is ErrorClass.SOURCE_CORRUPTED
    assert not (tmp_path / "back").exists()


def test_a_folder_that_is_away_is_an_outage_and_loses_no_object(
    store: DirectoryStore, root: Path, sources: Sources, tmp_path: Path
) -> None:
    source = sources.make()
    put(store, source)
    away = root.rename(root.with_name("unmounted"))
    for call in (
        lambda: put(store, source),
        lambda: store.get(KEY, tmp_path / "back", stop=Event()),
        lambda: store.stat(KEY),
    ):
        with pytest.raises(Unavailable, match="cannot be used") as caught:
            call()
        assert caught.value.error_class is ErrorClass.STORE_UNAVAILABLE
    away.rename(root)
    assert store.get(KEY, tmp_path / "back", stop=Event()).sha256 == source.sha256


def test_a_bare_mount_point_is_an_outage_and_is_left_bare(
    store: DirectoryStore, root: Path, sources: Sources, tmp_path: Path
) -> None:
    source = sources.make()
    put(store, source)
    away = root.rename(root.with_name("unmounted"))
    root.mkdir()
    for call in (
        lambda: put(store, source),
        lambda: store.get(KEY, tmp_path / "back", stop=Event()),
        lambda: store.stat(KEY),
        lambda: store.delete(KEY),
        lambda: run_write_check(store),
    ):
        with pytest.raises(Unavailable, match="is empty or not mounted: mount it") as caught:
            call()
        assert caught.value.error_class is ErrorClass.STORE_UNAVAILABLE
    assert not list(root.iterdir())
    root.rmdir()
    store.check()
    assert not root.exists()
    away.rename(root)
    assert store.get(KEY, tmp_path / "back", stop=Event()).sha256 == source.sha256


def test_what_an_earlier_version_left_in_a_bare_mount_point_makes_it_no_store(root: Path) -> None:
    for name in (".facts/proof", ".incoming", "proof", "lost+found"):
        (root / name).mkdir(parents=True)
    assert not DirectoryStore(root).is_prepared()


def test_a_store_with_objects_and_no_marker_is_the_store(store: DirectoryStore, root: Path, sources: Sources) -> None:
    put(store, sources.make())
    (root / ".store").unlink()
    assert store.stat("a/3/a3f1/other.avi") is None
    store.check()
    store.delete(KEY)
    (root / "a/3/a3f1").rmdir()
    (root / "a/3").rmdir()
    (root / "a").rmdir()
    assert store.stat(KEY) is None


def test_a_place_that_is_no_folder_is_said_by_the_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PartMissing, match="MEDIAPROC_STORE_URL"):
        DirectoryStore(tmp_path / "file").check()
    with pytest.raises(PartMissing, match="MEDIAPROC_STORE_URL"):
        DirectoryStore(tmp_path / "file" / "below").check()


def test_the_folder_is_made_as_a_bucket_is_but_not_what_it_should_be_in(root: Path) -> None:
    root.rmdir()
    with pytest.raises(PartMissing, match="mount it or make it"):
        DirectoryStore(root / "videos").prepare()
    assert not root.exists()
    DirectoryStore(root).check()
    assert not root.exists()
    DirectoryStore(root).prepare()
    assert root.stat().st_mode & 0o777 == 0o700


def test_the_url_leads_to_the_bytes(store: DirectoryStore, sources: Sources) -> None:
    put(store, sources.make(), key="a/x y.mp4")
    assert store.url("a/x y.mp4").startswith("file:///")
    assert store.url("a/x y.mp4").endswith("/store/a/x%20y.mp4")
