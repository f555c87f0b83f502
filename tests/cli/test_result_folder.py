"""Results are whole or not there, and replace no file, whatever other process saves or is killed."""

import errno
import hashlib
import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from mediaproc.cli.result_folder import result_folder
from mediaproc.core.errors import AttemptFailed, PartMissing
from mediaproc.db.views.attempts import Ending
from mediaproc.store.directory import DirectoryStore
from mediaproc.store.interface import Received

_SIZE = 4 * 1024 * 1024
_HALF = _SIZE // 2
_NAME = Path("clip.avi")

# Saves a result, and stops for ever with half of the bytes on the disk.
_HALFWAY = """
import sys
from pathlib import Path
from tests.cli.test_result_folder import HalfwayStore, ending_of, saved_by

store = HalfwayStore(Path(sys.argv[1]))
saved_by(store, folder=Path(sys.argv[2]), ending=ending_of(store))
"""


class HalfwayStore(DirectoryStore):
    """A store that writes half of an object, says so, and waits until it is killed."""

    def get(self, key: str, path: Path, **options: Any) -> Received:  # noqa: ANN401 - as the store has them
        del options
        path.write_bytes(self._place(key).read_bytes()[:_HALF])
        sys.stdout.write("half\n")
        sys.stdout.flush()
        sys.stdin.read()
        raise AssertionError("it was to be killed")


class TruncatingStore(DirectoryStore):
    """A store that writes half of an object; if `lying`, it reports the whole."""

    lying = False

    def get(self, key: str, path: Path, **options: Any) -> Received:  # noqa: ANN401 - as the store has them
        del options
        whole = self._place(key).read_bytes()
        path.write_bytes(whole[:_HALF])
        return Received(size=_HALF, sha256=hashlib.sha256(whole if self.lying else whole[:_HALF]).hexdigest())


class MeetingStore(DirectoryStore):
    """A store that lets no download end before every other one has its bytes."""

    meeting = Barrier(2)

    def get(self, key: str, path: Path, **options: Any) -> Received:  # noqa: ANN401 - as the store has them
        received = super().get(key, path, **options)
        self.meeting.wait(timeout=60)
        return received


class IntrudedStore(DirectoryStore):
    """A store that creates a file of the free name during the download."""

    intruder: Path

    def get(self, key: str, path: Path, **options: Any) -> Received:  # noqa: ANN401 - as the store has them
        self.intruder.write_text("mine", encoding="utf-8")
        return super().get(key, path, **options)


def ending_of(store: DirectoryStore) -> Ending:
    (key,) = store.keys("renditions/")
    facts = store.stat(key)
    assert facts is not None
    values: dict[str, Any] = dict.fromkeys(Ending.__dataclass_fields__)
    values |= {"id": 1, "output_key": key, "output_size": facts.size, "output_sha256": facts.sha256}
    return Ending(**values)


def saved_by(store: DirectoryStore, *, folder: Path, ending: Ending) -> Path:
    with result_folder(folder, store=store, stop=Event()) as results:
        return results.save(ending, name=_NAME)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The ending of the one task of this store."""
    store = DirectoryStore(tmp_path / "store")
    store.prepare()
    (tmp_path / "made").write_bytes(secrets.token_bytes(_SIZE))
    sha256 = hashlib.sha256((tmp_path / "made").read_bytes()).hexdigest()
    store.put("renditions/one.mp4", tmp_path / "made", sha256=sha256, content_type="video/mp4", stop=Event())
    return tmp_path / "store"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _halfway(root: Path, out: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HALFWAY, root, out], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    return process


def test_what_a_killed_run_left_half_brought_is_never_a_result(root: Path, tmp_path: Path) -> None:
    out, ending = tmp_path / "out", ending_of(DirectoryStore(root))
    with _halfway(root, out) as process:
        (part,) = out.iterdir()
        assert part.stat().st_size == _HALF
        # The other process lives: its temporary file is not removed.
        assert saved_by(DirectoryStore(root), folder=out, ending=ending) == out / "clip.mp4"
        assert part.exists()
        (out / "clip.mp4").unlink()
        process.kill()
    assert part.stat().st_size == _HALF
    place = saved_by(DirectoryStore(root), folder=out, ending=ending)
    assert _sha256(place) == ending.output_sha256
    assert list(out.iterdir()) == [out / "clip.mp4"]


def test_bytes_that_are_not_those_that_were_made_are_not_saved(root: Path, tmp_path: Path) -> None:
    store, out = TruncatingStore(root), tmp_path / "out"
    with pytest.raises(AttemptFailed, match="is not what was made"):
        saved_by(store, folder=out, ending=ending_of(store))
    assert not out.exists()


def test_without_the_checksum_half_a_film_would_be_saved(root: Path, tmp_path: Path) -> None:
    store = TruncatingStore(root)
    store.lying = True
    assert saved_by(store, folder=tmp_path / "out", ending=ending_of(store)).stat().st_size == _HALF


def test_two_that_lay_the_same_at_once_agree_on_one_file(root: Path, tmp_path: Path) -> None:
    store, out = MeetingStore(root), tmp_path / "out"
    with ThreadPoolExecutor(2) as both:
        savings = [both.submit(saved_by, store, folder=out, ending=ending_of(store)) for _ in range(2)]
        assert [each.result() for each in savings] == [out / "clip.mp4"] * 2
    assert list(out.iterdir()) == [out / "clip.mp4"]


@pytest.mark.parametrize("links", [True, False])
def test_no_file_is_ever_replaced(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    store, out = IntrudedStore(root), tmp_path / "out"
    store.intruder = out / "clip.mp4"
    assert saved_by(store, folder=out, ending=ending_of(store)) == out / "clip (2).mp4"
    assert (out / "clip.mp4").read_text(encoding="utf-8") == "mine"
    assert _sha256(out / "clip (2).mp4") == ending_of(store).output_sha256
    assert len(list(out.iterdir())) == 2


def test_a_folder_or_a_dangling_link_of_that_name_is_left_alone(root: Path, tmp_path: Path) -> None:
    store, out = DirectoryStore(root), tmp_path / "out"
    (out / "clip.mp4").mkdir(parents=True)
    (out / "clip (2).mp4").symlink_to("nowhere")
    assert saved_by(store, folder=out, ending=ending_of(store)) == out / "clip (3).mp4"


def test_a_result_is_for_whom_the_folder_is_for(root: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    place = saved_by(DirectoryStore(root), folder=tmp_path / "out", ending=ending_of(DirectoryStore(root)))
    assert place.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_that_cannot_be_written_is_said_before_there_is_anything_to_save(root: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with (
        pytest.raises(PartMissing, match="Nothing can be written to"),
        result_folder(tmp_path / "out", store=DirectoryStore(root), stop=Event()),
    ):
        raise AssertionError("it went on")
