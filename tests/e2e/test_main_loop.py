"""The main job on real parts: uploads in, mp4s out, over several executors."""

import hashlib
import os
import signal
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

from mediaproc.core.claim_limit import most_attempts
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, executors, gone
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.site import Site
from tests.parts.waiting import until

# `make shards` takes sixty.
CLIPS = int(os.environ.get("MEDIAPROC_TEST_CLIPS", "18"))
# These tests count attempts: on a busy machine the short lease of other tests may run out, which adds one.
PATIENT = {"lease": "60", "heartbeat": "15"}


@pytest.fixture(scope="module")
def several(clips: Clips) -> list[Path]:
    return clips.make_many(CLIPS, seconds=0.4)


def test_three_shards_finish_many_clips_each_its_own(site: Site, several: list[Path], tmp_path: Path) -> None:
    tasks = site.enqueue(several)
    with executors("0/3", "1/3", "2/3", settings=site.settings | PATIENT) as running:
        assert [one.wait() for one in running] == [0, 0, 0]
        ids = [one.executor_id for one in running]
    history = site.history()
    assert set(history) == set(tasks)
    assert {(row["outcome"], row["verification"]) for row in history.values()} == {("completed", "verified")}
    assert site.assert_renditions_are_whole(folder=tmp_path) == CLIPS
    attempts = site.attempts()
    assert len(attempts) == CLIPS
    for attempt in attempts:
        assert str(attempt["executor_id"]) == ids[attempt["task_id"] % 3]
        assert (attempt["shard_index"], attempt["shard_total"]) == (attempt["task_id"] % 3, 3)
    site.assert_nothing_is_left()


def test_two_executors_of_one_shard_do_nothing_twice(site: Site, several: list[Path], tmp_path: Path) -> None:
    tasks = site.enqueue(several)
    with executors("0/1", "0/1", settings=site.settings | PATIENT) as running:
        assert [one.wait() for one in running] == [0, 0]
    assert set(site.history()) == set(tasks)
    assert len(site.attempts()) == CLIPS
    assert {attempt["executor_id"] for attempt in site.attempts()} == {
        row["claimed_by"] for row in site.history().values()
    }
    assert site.assert_renditions_are_whole(folder=tmp_path) == CLIPS
    site.assert_nothing_is_left()


def test_an_executor_killed_in_the_middle_loses_nothing_and_takes_its_ffmpeg_with_it(
    site: Site, several: list[Path], clips: Clips, tmp_path: Path
) -> None:
    long = clips.make("avi", seconds=80, size=(640, 480), seed=3000)
    tasks = site.enqueue([*several[: CLIPS // 2], long, *several[CLIPS // 2 + 1 :]])
    (killed_task,) = [task for task, clip in tasks.items() if clip == long]
    settings = site.settings | {"slots": "1"} | PATIENT
    with executors("0/3", "1/3", "2/3", settings=settings) as running:
        victim = running[killed_task % 3]
        orphans = _children_at_work(victim, task=killed_task)
        killed_at = time.monotonic()
        victim.kill()
        assert gone(orphans)
        outlived = time.monotonic() - killed_at
        with executors(f"{killed_task % 3}/3", settings=settings) as again:
            assert again[0].wait() == 0
        assert [one.wait() for one in running if one is not victim] == [0, 0]
    history = site.history()
    assert set(history) == set(tasks)
    assert len(history) == CLIPS
    assert history[killed_task]["attempt"] >= 2
    outcomes = {task: [each["outcome"] for each in site.attempts() if each["task_id"] == task] for task in tasks}
    assert outcomes.pop(killed_task) == ["lost", "completed"]
    # What the victim had claimed ahead only waited there; what was behind its encode was still to be settled.
    assert set(map(tuple, outcomes.values())) <= {("completed",), ("released", "completed"), ("lost", "completed")}
    assert sum(len(each) > 1 for each in outcomes.values()) < most_attempts(slots=1)
    # It was killed near its beginning: left alone, it would have gone on for nearly as long as a whole encode takes.
    assert outlived < 0.5 * history[killed_task]["stage_seconds"]["transcode"]
    assert site.assert_renditions_are_whole(folder=tmp_path) == CLIPS
    site.assert_nothing_is_left()


def test_without_its_ties_ffmpeg_would_outlive_its_executor(site: Site, clips: Clips) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=80, size=(640, 480), seed=3000)])
    settings = site.settings | {"shard": "0/1"}
    with ExecutorProcess(
        settings=settings, program=Path(__file__).with_name("without_parent_death_signal.py")
    ) as victim:
        orphans = _children_at_work(victim, task=task)
        (ffmpeg,) = victim.ffmpeg()
        victim.kill()
        used = ffmpeg.cpu_times().user
        try:
            assert until(lambda: ffmpeg.cpu_times().user > used)
        finally:
            for orphan in orphans:
                with suppress(psutil.NoSuchProcess):
                    orphan.kill()


def _children_at_work(victim: ExecutorProcess, *, task: int) -> list[psutil.Process]:
    """The executor's children, once an ffmpeg for this task is among them."""
    victim.wait_for(event="stage_started", stage="transcode", task=task)
    until(victim.ffmpeg)
    children = victim.children()
    assert any("ffmpeg" in child.name() for child in children)
    return children


def test_a_source_that_has_vanished_fails_its_task_with_that_sentence_and_the_others_go_on(
    site: Site, clips: Clips
) -> None:
    tasks = site.enqueue(clips.make_many(3, seconds=0.4))
    vanished, *others = tasks
    key = site.value("SELECT object_key FROM media_process WHERE id = :id", id=vanished)
    site.store.delete(key)
    with executors("0/1", settings=site.settings | PATIENT) as running:
        assert running[0].wait() == 0
    assert set(site.history()) == set(others)
    (row,) = site.rows("SELECT status, fail_count, error_class, error FROM media_process")
    assert (row["status"], row["fail_count"], row["error_class"]) == ("failed", 3, "source_missing")
    assert row["error"].endswith(".")


def test_a_source_that_was_overwritten_with_more_fails_its_task_at_the_first_byte_too_many(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    (task,) = site.enqueue(clips.make_many(1, seconds=0.4))
    (row,) = site.rows("SELECT p.object_key, f.size FROM media_process p JOIN media_files f ON f.id = p.file_id")
    larger = tmp_path / "larger"
    larger.write_bytes(bytes(row["size"] + 1))
    sha256 = hashlib.sha256(larger.read_bytes()).hexdigest()
    stop = threading.Event()
    site.store.put(row["object_key"], larger, sha256=sha256, content_type="video/x-msvideo", stop=stop)
    with executors("0/1", settings=site.settings | PATIENT) as running:
        assert running[0].wait() == 0
    (failed,) = site.rows("SELECT id, status, fail_count, error_class, error FROM media_process")
    assert (failed["id"], failed["status"], failed["fail_count"]) == (task, "failed", 3)
    assert failed["error_class"] == "source_corrupted"
    assert failed["error"].startswith(f"More than the {row['size']} bytes came that were stored")


def test_a_source_that_cannot_be_decoded_is_rejected_at_once(site: Site, clips: Clips, tmp_path: Path) -> None:
    """Its header is intact, so that enqueue accepts it; every packet is overwritten."""
    clip = clips.make("avi", seconds=1, seed=5000)
    broken = tmp_path / "broken.avi"
    content = bytearray(clip.read_bytes())
    movi = content.index(b"movi")
    content[movi + 4 :] = bytes(len(content) - movi - 4)
    broken.write_bytes(content)
    site.enqueue([broken])
    with executors("0/1", settings=site.settings | PATIENT) as running:
        assert running[0].wait() == 0
    (row,) = site.rows("SELECT status, fail_count, error_class, error FROM media_process")
    assert (row["status"], row["fail_count"]) == ("rejected", 0), row
    assert row["error_class"] in {"undecodable", "truncated", "unreadable"}
    (attempt,) = site.attempts()
    assert attempt["outcome"] == "rejected"


def test_a_failed_attempt_keeps_the_end_of_ffmpegs_log(site: Site, clips: Clips, tmp_path: Path) -> None:
    crashing = tmp_path / "ffmpeg"
    crashing.write_text(
        '#!/bin/sh\ncase "$*" in *libx264*) echo "it broke here" >&2; exit 1 ;; esac\nexec /usr/bin/env ffmpeg "$@"\n'
    )
    crashing.chmod(0o755)
    site.enqueue([clips.make("avi", seconds=0.4, seed=6000)])
    settings = site.settings | PATIENT | {"ffmpeg": str(crashing), "sandbox": "off"}
    with executors("0/1", settings=settings) as running:
        assert running[0].wait() == 0
    (row,) = site.rows("SELECT status, fail_count, error_class FROM media_process")
    assert (row["status"], row["fail_count"]) == ("failed", 3), row
    assert ["it broke here" in attempt["log_tail"] for attempt in site.attempts()] == [True] * 3
    waits = [line for line in running[0].lines if line["event"] == "failed"]
    assert [line["strikes"] for line in waits] == [1, 2, 3]


def test_sigterm_lets_running_tasks_finish_and_leaves_nothing_in_processing(site: Site, clips: Clips) -> None:
    # More tasks than are done before the signal arrives.
    tasks = site.enqueue(clips.make_many(12, seconds=2, first_seed=7000))
    with executors("0/1", settings=site.settings | PATIENT, arguments=()) as running:
        running[0].wait_for(event="stage_started", stage="transcode")
        running[0].send(signal.SIGTERM)
        assert running[0].wait() == 0
        encoded = {line["task"] for line in running[0].matching(event="stage_started", stage="transcode")}
    # What only waited for its encode was given back.
    assert set(site.history()) == encoded
    assert encoded < set(tasks)
    site.assert_nothing_is_left()


def test_leases_are_renewed_while_it_drains_and_what_ends_within_the_grace_is_completed(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    held = HeldFfmpeg(tmp_path)
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=7100)])
    settings = site.settings | held.settings | {"lease": "60", "heartbeat": "0.5", "drain_grace": "600"}
    with executors("0/1", settings=settings, arguments=()) as (one,):
        one.wait_for(event="stage_started", stage="transcode", task=task)
        one.send(signal.SIGTERM)
        one.wait_for(event="draining", running=1)
        # One heartbeat may have been on its way, and one reports the drain.
        for _ in range(4):
            _wait_for_a_renewal(site)
        held.let_go()
        assert one.wait() == 0
    assert [(attempt["task_id"], attempt["outcome"]) for attempt in site.attempts()] == [(task, "completed")]
    site.assert_nothing_is_left()


def test_what_does_not_end_within_the_grace_is_released_unharmed(site: Site, clips: Clips, tmp_path: Path) -> None:
    """One signal; the other side of the one above, whose encode would go on for ever."""
    held = HeldFfmpeg(tmp_path)
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=7100)])
    settings = site.settings | PATIENT | held.settings | {"drain_grace": "1"}
    with executors("0/1", settings=settings, arguments=()) as (one,):
        one.wait_for(event="stage_started", stage="transcode", task=task)
        orphans = until(one.ffmpeg)
        one.send(signal.SIGTERM)
        assert one.wait() == 0
        assert gone(orphans)
        draining, told = one.wait_for(event="draining", running=1), one.wait_for(event="told_to_stop", task=task)
    (row,) = site.rows("SELECT id, status, fail_count, next_attempt_at <= now() AS due FROM media_process")
    assert dict(row) == {"id": task, "status": "pending", "fail_count": 0, "due": True}
    assert [attempt["outcome"] for attempt in site.attempts()] == ["released"]
    # The task had its grace; a little less where the wall clock is being adjusted.
    given = datetime.fromisoformat(told["time"]) - datetime.fromisoformat(draining["time"])
    assert given > timedelta(seconds=0.9)
    site.assert_nothing_is_left()


def _wait_for_a_renewal(site: Site) -> None:
    """Returns once the only lease has been renewed."""
    lease_end = "SELECT lease_expires_at FROM media_process"
    known = site.value(lease_end)
    until(lambda: site.value(lease_end) > known)


def test_a_second_signal_releases_at_once_and_unharmed(site: Site, clips: Clips) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=80, size=(640, 480), seed=3000)])
    with executors("0/1", settings=site.settings | PATIENT | {"drain_grace": "600"}, arguments=()) as running:
        running[0].wait_for(event="stage_started", stage="transcode")
        orphans = running[0].children()
        running[0].send(signal.SIGINT)
        running[0].wait_for(event="draining")
        running[0].send(signal.SIGINT)
        assert running[0].wait() == 0
        assert gone(orphans)
    (row,) = site.rows("SELECT id, status, fail_count, next_attempt_at <= now() AS due FROM media_process")
    assert dict(row) == {"id": task, "status": "pending", "fail_count": 0, "due": True}
    assert [attempt["outcome"] for attempt in site.attempts()] == ["released"]
    site.assert_nothing_is_left()


def test_a_claim_that_cannot_be_begun_is_given_back_without_a_strike(directory_site: Site, clips: Clips) -> None:
    site = directory_site
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=32_000)])
    program = Path(__file__).with_name("failing_threads.py")
    with ExecutorProcess(settings=site.settings | PATIENT, program=program) as one:
        one.wait_for(event="unheard_claims_released")
        one.wait_for(event="completed", task=task)
    assert [attempt["outcome"] for attempt in site.attempts()] == ["released", "completed"]
    assert site.history()[task]["fail_count"] == 0
