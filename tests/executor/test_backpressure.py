"""How much is claimed while a part is away, on trial, and back."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from mediaproc import log
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.stage import Stage
from mediaproc.executor.backpressure import Backpressure, got_through
from mediaproc.scratch import Scratch
from mediaproc.store.directory import DirectoryStore

FREE = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    DirectoryStore(folder).prepare()
    return folder


@pytest.fixture
def backpressure(folder: Path, tmp_path: Path) -> Backpressure:
    return Backpressure(
        store=DirectoryStore(folder), scratch=Scratch(tmp_path / "scratch", executor_id=uuid4()), log=log.get()
    )


def told(backpressure: Backpressure) -> str | None:
    """What the executor's row says now."""
    return backpressure.paused_for


def test_a_part_that_is_back_is_tried_by_one_task_before_all_slots_lean_on_it(
    backpressure: Backpressure, pass_time: Callable[[float], None]
) -> None:
    assert backpressure.allowance(FREE) == FREE
    backpressure.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence="The store is away.")
    assert backpressure.allowance(FREE) == 0
    assert told(backpressure) == "The store is away."
    pass_time(1.1)
    assert backpressure.allowance(FREE) == 1
    assert told(backpressure) is None
    first, second = uuid4(), uuid4()
    backpressure.claimed(first)
    assert backpressure.allowance(FREE) == 0
    backpressure.ended(first, got_through=False)
    assert backpressure.allowance(FREE) == 1
    backpressure.claimed(second)
    backpressure.ended(second, got_through=True)
    assert backpressure.allowance(FREE) == FREE


def test_a_trial_that_fails_makes_the_pauses_grow(
    backpressure: Backpressure, pass_time: Callable[[float], None]
) -> None:
    for failures in range(5):
        pause = backpressure.part_failed(ErrorClass.DISK_FULL, sentence="The disk is full.")
        assert pause >= 0.5 * 2**failures
        assert backpressure.allowance(FREE) == 0
        pass_time(pause + 0.1)
        assert backpressure.allowance(FREE) == 1
        backpressure.claimed(trial := uuid4())
        backpressure.ended(trial, got_through=False)


def test_a_store_that_cannot_be_written_stays_closed_however_often_it_is_asked(
    backpressure: Backpressure, folder: Path, pass_time: Callable[[float], None]
) -> None:
    backpressure.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence="The store is away.")
    shutil.rmtree(folder)
    folder.write_bytes(b"no folder")
    for _ in range(3):
        pass_time(60)
        assert backpressure.allowance(FREE) == 0
    folder.unlink()
    folder.mkdir()
    pass_time(60)
    assert backpressure.allowance(FREE) == 0
    assert "is empty or not mounted" in (told(backpressure) or "")
    assert not list(folder.iterdir())
    DirectoryStore(folder).prepare()
    pass_time(60)
    assert backpressure.allowance(FREE) == 1
    assert not list(folder.rglob("proof/*"))


def test_who_has_come_to_its_transcode_has_shown_enough_after_one_failure(
    backpressure: Backpressure, pass_time: Callable[[float], None]
) -> None:
    backpressure.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence="The store is away.", late=True)
    pass_time(1.1)
    assert backpressure.allowance(FREE) == 1
    backpressure.claimed(trial := uuid4())
    backpressure.comes_to(Stage.TRANSCODE, claim_token=trial)
    assert backpressure.allowance(FREE) == FREE


def test_the_trial_of_the_store_ends_with_the_download(
    backpressure: Backpressure, pass_time: Callable[[float], None]
) -> None:
    """Else it would hold the other slots for as long as its encode takes."""
    backpressure.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence="The store is away.")
    pass_time(1.1)
    assert backpressure.allowance(FREE) == 1
    backpressure.claimed(trial := uuid4())
    backpressure.comes_to(Stage.DOWNLOAD, claim_token=trial)
    assert backpressure.allowance(FREE) == 0
    backpressure.comes_to(Stage.PROBE, claim_token=trial)
    assert backpressure.allowance(FREE) == FREE


def test_what_the_download_does_not_show_is_tried_further(
    backpressure: Backpressure, pass_time: Callable[[float], None]
) -> None:
    backpressure.part_failed(ErrorClass.MEMORY_PRESSURE, sentence="The node ran out of memory.")
    pass_time(1.1)
    assert backpressure.allowance(FREE) == 1
    backpressure.claimed(trial := uuid4())
    backpressure.comes_to(Stage.PROBE, claim_token=trial)
    assert backpressure.allowance(FREE) == 0
    backpressure.comes_to(Stage.TRANSCODE, claim_token=trial)
    assert backpressure.allowance(FREE) == FREE


def test_no_trial_holds_the_other_slots_for_hours(
    backpressure: Backpressure, pass_time: Callable[[float], None]
) -> None:
    """A part that failed late twice is tried to the end, and the one that tries may be a long film."""
    for _ in range(2):
        backpressure.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence="The store is full.", late=True)
        pass_time(31)
        assert backpressure.allowance(FREE) == 1
        backpressure.claimed(trial := uuid4())
        backpressure.comes_to(Stage.TRANSCODE, claim_token=trial)
    assert backpressure.allowance(FREE) == 0
    pass_time(601)
    assert backpressure.allowance(FREE) == FREE


def test_a_part_that_fails_behind_each_transcode_is_tried_to_the_end(
    backpressure: Backpressure, pass_time: Callable[[float], None]
) -> None:
    """A store that takes small objects and no large ones would else cost every slot an encode, again and again."""
    for allowed in (FREE, 0, 0):
        backpressure.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence="The store is full.", late=True)
        pass_time(31)
        assert backpressure.allowance(FREE) == 1
        backpressure.claimed(trial := uuid4())
        backpressure.comes_to(Stage.TRANSCODE, claim_token=trial)
        assert backpressure.allowance(FREE) == allowed
        backpressure.ended(trial, got_through=False)
    backpressure.claimed(trial := uuid4())
    backpressure.ended(trial, got_through=True)
    assert backpressure.allowance(FREE) == FREE


@pytest.mark.parametrize(
    ("ending", "shown"),
    [
        (None, False),
        (Released(error_class=ErrorClass.STORE_UNAVAILABLE, error="away"), False),
        (Failed(error_class=ErrorClass.BUG, error="a bug"), False),
        (Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="crashed"), True),
        (Rejected(error_class=ErrorClass.UNREADABLE, error="no video"), True),
    ],
)
def test_who_ended_by_a_bug_has_not_shown_that_the_parts_work(
    ending: Failed | Rejected | Released | None,
    shown: bool,  # noqa: FBT001
) -> None:
    assert got_through(ending) is shown
