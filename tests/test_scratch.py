import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, PartMissing, Unavailable
from mediaproc.core.limits import DISK_FLOOR
from mediaproc.scratch import Scratch

# This program takes a scratch folder, prints its path, and holds it until it is killed.
_HOLDER = """
import sys
from pathlib import Path
from uuid import uuid4
from mediaproc.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]), executor_id=uuid4())
with scratch.attempt_folder(uuid4()) as folder:
    (folder / "source").write_bytes(b"left behind")
    print(scratch.folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "scratch", executor_id=uuid4())


def test_an_attempts_folder_is_private_and_gone_afterwards_whatever_happens(scratch: Scratch) -> None:
    def attempt() -> None:
        with scratch.attempt_folder(uuid4()) as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "source").write_bytes(b"x")
            folders.append(folder)
            raise RuntimeError("whatever happens")

    folders: list[Path] = []
    with pytest.raises(RuntimeError):
        attempt()
    assert not folders[0].exists()


def test_what_a_killed_executor_left_is_swept_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    root = tmp_path / "scratch"
    with _holder(root) as dead, _holder(root) as living:
        dead_folder, living_folder = _folder(dead), _folder(living)
        dead.kill()
        dead.wait()
        mine = Scratch(root, executor_id=uuid4())
        assert mine.sweep() == [dead_folder]
        assert not dead_folder.exists()
        assert list(living_folder.glob("*/source"))
        assert mine.folder.exists()
        living.kill()


def test_a_folder_that_was_never_locked_is_swept(scratch: Scratch) -> None:
    abandoned = scratch.root / "executor-abandoned"
    abandoned.mkdir()
    assert scratch.sweep() == [abandoned]


def test_closing_removes_the_executors_folder(scratch: Scratch) -> None:
    scratch.close()
    assert not scratch.folder.exists()


def test_room_is_asked_for_before_it_is_used(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    # A fixed reading of the disk, which other processes cannot change during the test.
    disk = shutil._ntuple_diskusage(total=10 * DISK_FLOOR, used=5 * DISK_FLOOR, free=5 * DISK_FLOOR)  # noqa: SLF001 - the type of what is replaced
    monkeypatch.setattr("mediaproc.scratch.shutil.disk_usage", lambda _folder: disk)
    scratch.require_room(0)
    with pytest.raises(Unavailable, match="free, and the task wants") as now:
        scratch.require_room(disk.free - DISK_FLOOR // 2)
    assert now.value.error_class is ErrorClass.DISK_FULL
    with pytest.raises(AttemptFailed, match="the whole disk has") as never:
        scratch.require_room(disk.total)
    assert never.value.error_class is ErrorClass.DISK_FULL


def test_what_the_attempt_holds_already_counts_for_the_whole_disk_and_not_for_what_is_free(scratch: Scratch) -> None:
    total = shutil.disk_usage(scratch.folder).total
    scratch.require_room(0, held=total - DISK_FLOOR)
    with pytest.raises(AttemptFailed, match="the whole disk has") as never:
        scratch.require_room(1, held=total - DISK_FLOOR)
    assert never.value.error_class is ErrorClass.DISK_FULL


def test_a_scratch_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PartMissing, match="set MEDIAPROC_SCRATCH"):
        Scratch(tmp_path / "file" / "scratch", executor_id=uuid4())


def _holder(root: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _folder(holder: "subprocess.Popen[str]") -> Path:
    assert holder.stdout is not None
    return Path(holder.stdout.readline().strip())


def test_a_scratch_disk_that_goes_away_is_no_fault_of_a_task(scratch: Scratch) -> None:
    scratch.require_room(0)
    shutil.rmtree(scratch.root)
    with pytest.raises(Unavailable, match="is not there any more") as caught:
        scratch.require_room(0)
    assert caught.value.error_class is ErrorClass.DISK_FULL
