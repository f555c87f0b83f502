"""A source that harms ffmpeg gets three strikes and waits for a person; its neighbours get none."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from mediaproc.core.limits import DISK_FLOOR
from mediaproc.db.schema import media_files
from mediaproc.machine import usable_cpus
from tests.e2e import without_memory_limit
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, executors
from tests.parts.site import Site
from tests.parts.small_disk import small_disk as mounted

# An ffmpeg that does harm when its source contains the word, and is the real one otherwise.
_FFMPEG = """#!/bin/sh
case "$*" in *libx264*)
  for word in "$@"; do
    case "$word" in file:*/source) grep -qa POISON "${{word#file:}}" && {{ {deed}; }} ;; esac
  done ;;
esac
exec {ffmpeg} "$@"
"""
# Memory is taken in steps of 10 MB, up to more than the limit, which is 1.2 GB and 48 MB for each thread. Without a
# limit the real ffmpeg runs afterwards.
STEPS = 150 + 10 * usable_cpus()
DEEDS = {
    "crashes": ("kill -SEGV $$", "transcode_failed"),
    "hangs": ("exec tail -f /dev/null", "stalled"),
    "eats memory": (
        f"perl -e 'push @eaten, chr(97 + @eaten % 26) x 1e7 while @eaten < {STEPS}' || exit",
        "out_of_memory",
    ),
}

# These tests count strikes: on a busy machine a short lease may run out, which adds one.
PATIENT = {"lease": "60", "heartbeat": "15"}

# Bytes that a small scratch disk has beside the floor.
ROOM = 64 * 1024 * 1024


@pytest.mark.parametrize("deed", DEEDS)
def test_a_poisonous_source_gets_three_strikes_and_its_neighbours_none(
    site: Site, clips: Clips, tmp_path: Path, deed: str
) -> None:
    what, error_class = DEEDS[deed]
    (bad,) = site.enqueue([poison(clips, folder=tmp_path)])
    good = site.enqueue(clips.make_many(4, seconds=0.4, first_seed=13_001))
    settings = site.settings | PATIENT | poisoned(what, folder=tmp_path)
    if deed == "hangs":
        # On a busy machine a neighbour may make no progress either, but not for so long. The source that hangs does so
        # six times: in two variants of each attempt.
        settings |= {"stall_limit": "4"}
    with executors("0/1", settings=settings) as (one,):
        assert one.wait() == 0
        if deed == "hangs":
            assert len(one.matching(event="stage_started", stage="transcode", task=bad)) == 3 * 2
    history = site.history()
    assert set(history) == set(good)
    assert {(row["attempt"], row["fail_count"]) for row in history.values()} == {(1, 0)}
    (row,) = site.rows("SELECT id, status, fail_count, error_class, error FROM media_process")
    assert (row["id"], row["status"], row["fail_count"]) == (bad, "failed", 3)
    assert row["error_class"] == error_class, row["error"]
    if deed == "hangs":
        assert row["error"].count("made no progress") == 2
    site.assert_nothing_is_left()


def test_without_its_limit_ffmpeg_would_eat_on(site: Site, clips: Clips, tmp_path: Path) -> None:
    """The control of the source that eats memory: without the limit it gets all of it, and the task completes."""
    what, _ = DEEDS["eats memory"]
    (bad,) = site.enqueue([poison(clips, folder=tmp_path)])
    settings = site.settings | PATIENT | poisoned(what, folder=tmp_path) | {"shard": "0/1"}
    program = Path(without_memory_limit.__file__)
    with ExecutorProcess(settings=settings, arguments=("--until-idle",), program=program) as one:
        assert one.wait() == 0
    row = site.history()[bad]
    assert (row["outcome"], row["fail_count"]) == ("completed", 0)


def poison(clips: Clips, *, folder: Path) -> Path:
    """A film that every ffmpeg encodes, except the one of `poisoned`."""
    source = folder / "poison.avi"
    source.write_bytes(clips.make("avi", seconds=0.4, seed=13_000).read_bytes() + b"POISON")
    return source


def poisoned(deed: str, *, folder: Path) -> dict[str, str]:
    """The settings of an executor whose ffmpeg does this harm when it encodes `poison`."""
    program = folder / "ffmpeg"
    program.write_text(_FFMPEG.format(deed=deed, ffmpeg=shutil.which("ffmpeg")))
    program.chmod(0o755)
    return {"ffmpeg": str(program), "sandbox": "off"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A scratch disk with a little more room than the floor that executors leave free."""
    with mounted(tmp_path / "small-disk", size=DISK_FLOOR + ROOM) as disk:
        yield disk


def test_below_the_floor_of_the_disk_nothing_is_claimed_until_there_is_room(
    site: Site, clips: Clips, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    with executors("0/1", settings=site.settings | PATIENT | {"scratch": str(small_disk)}, arguments=()) as (one,):
        one.wait_for(event="listening")
        ballast.write_bytes(bytes(128 * 1024 * 1024))
        (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=13_100)])
        paused = one.wait_for(event="claiming_paused", part="scratch")
        assert "free" in paused["reason"]
        assert not one.matching(event="stage_started", stage="claim")
        ballast.unlink()
        one.wait_for(event="completed", task=task)
    assert {row["fail_count"] for row in site.history().values()} == {0}


def test_a_source_larger_than_the_disk_counts_instead_of_being_released_for_ever(
    site: Site, clips: Clips, small_disk: Path
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=13_200)])
    with site.engine.begin() as connection:
        connection.execute(update(media_files).values(size=DISK_FLOOR))
    with executors("0/1", settings=site.settings | PATIENT | {"scratch": str(small_disk)}) as (one,):
        assert one.wait() == 0
    (row,) = site.rows("SELECT id, status, fail_count, error_class, error FROM media_process")
    assert (row["id"], row["status"], row["fail_count"], row["error_class"]) == (task, "failed", 3, "disk_full")
    assert "give MEDIAPROC_SCRATCH a larger one" in row["error"]


@pytest.mark.parametrize(
    ("seconds", "left", "downloads"),
    [
        pytest.param(0.4, 512 * 1024, 0, id="less than the least that an output is thought to need"),
        pytest.param(30, 1536 * 1024, 3, id="less than the plan's estimate, which takes a probe"),
    ],
)
def test_a_source_that_fits_without_its_output_only_counts_instead_of_being_released_for_ever(
    site: Site, clips: Clips, small_disk: Path, tmp_path: Path, seconds: float, left: int, downloads: int
) -> None:
    source = tmp_path / "large.avi"
    shutil.copy(clips.make("avi", seconds=seconds, seed=13_250), source)
    # The source leaves `left` bytes of the room beside the floor.
    os.truncate(source, ROOM - left)
    (task,) = site.enqueue([source])
    with executors("0/1", settings=site.settings | PATIENT | {"scratch": str(small_disk)}) as (one,):
        assert one.wait() == 0
        assert len(one.matching(event="stage_started", stage="download", task=task)) == downloads
        assert not one.matching(event="stage_started", stage="transcode", task=task)
    (row,) = site.rows("SELECT id, status, fail_count, error_class, error FROM media_process")
    assert (row["id"], row["status"], row["fail_count"], row["error_class"]) == (task, "failed", 3, "disk_full")
    assert "give MEDIAPROC_SCRATCH a larger one" in row["error"]


def test_an_output_that_outgrows_its_estimate_on_a_small_disk_gets_three_strikes(
    site: Site, clips: Clips, small_disk: Path, tmp_path: Path
) -> None:
    """Endless raw pictures, where a film of half a second was expected; the full disk ends them."""
    (bad,) = site.enqueue([poison(clips, folder=tmp_path)])
    endless = (
        'for output; do :; done; exec ffmpeg -v error -f lavfi -i testsrc2=s=640x480 -c:v rawvideo -f nut -y "$output"'
    )
    settings = site.settings | PATIENT | poisoned(endless, folder=tmp_path) | {"scratch": str(small_disk)}
    with executors("0/1", settings=settings) as (one,):
        assert one.wait() == 0
    (row,) = site.rows("SELECT id, status, fail_count, error_class, error FROM media_process")
    assert (row["id"], row["status"], row["fail_count"]) == (bad, "failed", 3)
    assert row["error_class"] == "output_too_large", row["error"]
    attempts = site.rows("SELECT outcome, cpu_seconds FROM media_process_attempt")
    assert [attempt["outcome"] for attempt in attempts] == ["failed"] * 3
    # The CPU time of the failed runs is recorded.
    assert all(attempt["cpu_seconds"] > 0 for attempt in attempts)
    site.assert_nothing_is_left()


def test_a_task_that_does_not_fit_now_stands_in_nobodys_way_and_gets_no_strike(
    site: Site, clips: Clips, small_disk: Path
) -> None:
    """With one slot, and the released task first in the order of claims."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(48 * 1024 * 1024))
    (large,) = site.enqueue([clips.make("avi", seconds=0.4, seed=13_300)])
    with site.engine.begin() as connection:
        # Room for it on an empty disk, and none beside the ballast.
        connection.execute(update(media_files).values(size=48 * 1024 * 1024))
    others = site.enqueue(clips.make_many(4, seconds=0.4, first_seed=13_301))
    settings = site.settings | PATIENT | {"scratch": str(small_disk), "slots": "1"}
    with executors("0/1", settings=settings, arguments=()) as (one,):
        one.wait_for(event="released", task=large)
        for task in others:
            one.wait_for(event="completed", task=task)
        assert not one.matching(event="completed", task=large)
        ballast.unlink()
        one.wait_for(event="completed", task=large)
    history = site.history()
    assert set(history) == {large, *others}
    assert {row["fail_count"] for row in history.values()} == {0}
