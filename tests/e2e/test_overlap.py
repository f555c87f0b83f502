"""While the slots encode, the next tasks are downloaded and the last ones verified; what only copies waits for none."""

import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from mediaproc.db.tasks.operator_acts import cancel
from mediaproc.machine import usable_cpus
from tests.e2e import slots_of_attempts, without_giving_back
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.site import Site
from tests.parts.waiting import until

# On a busy machine a short lease may run out. The heartbeat is quick where a test waits for one.
PATIENT = {"lease": "60", "heartbeat": "0.5", "slots": "1", "cron": "* * * * * *"}
CONTROL = Path(slots_of_attempts.__file__)


def test_the_next_task_is_downloaded_and_probed_while_the_slot_encodes(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    held = HeldFfmpeg(tmp_path)
    first, second, third = site.enqueue(clips.make_many(3, seconds=0.4, first_seed=61_000))
    with ExecutorProcess(settings=site.settings | PATIENT | held.settings) as one:
        one.wait_for(event="stage_started", stage="transcode", task=first)
        one.wait_for(event="waits_for_slot", stage="probe", task=second)
        assert len(until(one.ffmpeg)) == 1
        assert site.value("SELECT status FROM media_process WHERE id = :task", task=third) == "pending"
        until(lambda: site.value("SELECT busy = 1 FROM media_executor"))
        held.let_go()
        one.wait_for(event="completed", count=3)
    assert {attempt["threads"] for attempt in site.attempts()} == {usable_cpus()}
    assert set(site.history()) == {first, second, third}
    assert [attempt["outcome"] for attempt in site.attempts()] == ["completed"] * 3


def test_where_a_whole_attempt_takes_up_the_slot_it_is_not(site: Site, clips: Clips, tmp_path: Path) -> None:
    """The control of the test above."""
    held = HeldFfmpeg(tmp_path)
    first, second = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=61_000))
    with ExecutorProcess(settings=site.settings | PATIENT | held.settings, program=CONTROL) as one:
        one.wait_for(event="stage_started", stage="transcode", task=first)
        wait_for_two_ticks(site)
        assert not one.matching(task=second)


def wait_for_two_ticks(site: Site) -> None:
    """Each tick is in a second of its own."""
    now = site.value("SELECT now()")
    until(lambda: site.value("SELECT now() > :then + interval '2 s'", then=now))


def test_what_only_copies_passes_the_encodes_that_wait(site: Site, clips: Clips, tmp_path: Path) -> None:
    held = HeldFfmpeg(tmp_path)
    encodes = site.enqueue(clips.make_many(4, seconds=0.4, first_seed=61_100))
    (copy,) = site.enqueue([clips.make("mov", seconds=0.4, seed=61_200)])
    with ExecutorProcess(settings=site.settings | PATIENT | {"slots": "2"} | held.settings) as one:
        assert one.wait_for(event="completed", task=copy)["decision"] == "copy"
        assert {line["task"] for line in one.matching(event="waits_for_slot")} <= set(encodes)
        assert len(until(one.ffmpeg)) == 2
        held.let_go()
        one.wait_for(event="completed", count=5)


@pytest.mark.parametrize("program", [None, CONTROL], ids=["overlap", "control"])
def test_the_next_encode_begins_while_the_last_one_is_verified(
    site: Site, clips: Clips, tmp_path: Path, program: Path | None
) -> None:
    held = HeldFfmpeg(tmp_path, holds="-f null")
    first, second = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=61_300))
    with ExecutorProcess(settings=site.settings | PATIENT | held.settings, program=program) as one:
        one.wait_for(event="stage_started", stage="verify", task=first)
        if program is None:
            one.wait_for(event="stage_started", stage="transcode", task=second)
        else:
            wait_for_two_ticks(site)
            assert not one.matching(task=second)
        assert not one.matching(event="completed")
        held.let_go()
        one.wait_for(event="completed", count=2)


def test_the_lease_of_what_waits_is_renewed(site: Site, clips: Clips, tmp_path: Path) -> None:
    first, second = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=61_000))
    with ExecutorProcess(settings=site.settings | PATIENT | HeldFfmpeg(tmp_path).settings) as one:
        one.wait_for(event="waits_for_slot", task=second)
        lease_end = "SELECT lease_expires_at FROM media_process WHERE id = :task"
        known = site.value(lease_end, task=second)
        until(lambda: site.value(lease_end, task=second) > known)
        assert not one.matching(event="completed", task=first)


def test_what_waits_is_cancelled_within_a_heartbeat(site: Site, clips: Clips, tmp_path: Path) -> None:
    held = HeldFfmpeg(tmp_path)
    first, second = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=61_000))
    with ExecutorProcess(settings=site.settings | PATIENT | held.settings) as one:
        one.wait_for(event="waits_for_slot", task=second)
        with site.engine.begin() as connection:
            cancel(connection, ids=[second])
        one.wait_for(event="claim_lost", task=second)
        held.let_go()
        one.wait_for(event="completed", task=first)
    assert {task: row["outcome"] for task, row in site.history().items()} == {first: "completed", second: "cancelled"}


def test_what_waited_when_its_executor_was_killed_is_done_elsewhere_once(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    tasks = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=61_000))
    with ExecutorProcess(settings=site.settings | PATIENT | HeldFfmpeg(tmp_path).settings | {"lease": "3"}) as one:
        one.wait_for(event="waits_for_slot")
        until(lambda: site.value("SELECT count(*) = 1 FROM media_process_attempt WHERE waits_since IS NOT NULL"))
        one.kill()
    with ExecutorProcess(settings=site.settings | PATIENT, arguments=("--until-idle",)) as other:
        assert other.wait() == 0
    assert set(site.history()) == set(tasks)
    first, second = tasks
    outcomes = [(attempt["task_id"], attempt["outcome"]) for attempt in site.attempts()]
    assert sorted(outcomes) == [
        (first, "completed"),
        (first, "lost"),
        (second, "completed"),
        (second, "released"),
    ]
    assert {task: row["fail_count"] for task, row in site.history().items()} == {first: 1, second: 0}
    site.assert_nothing_is_left()


def test_a_drain_gives_what_waits_back_at_once_and_as_it_was(site: Site, clips: Clips, tmp_path: Path) -> None:
    held = HeldFfmpeg(tmp_path)
    first, second = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=61_000))
    as_it_was = "SELECT next_attempt_at, fail_count, error_class, error FROM media_process WHERE id = :task"
    with site.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE media_process SET fail_count = 1, status = 'failed', error_class = 'stalled', error = 'Hung.',"
                " next_attempt_at = now() - interval '1 h' WHERE id = :task"
            ),
            {"task": second},
        )
    (before,) = site.rows(as_it_was, task=second)
    with ExecutorProcess(settings=site.settings | PATIENT | {"drain_grace": "600"} | held.settings) as draining:
        draining.wait_for(event="waits_for_slot", task=second)
        draining.send(signal.SIGTERM)
        draining.wait_for(event="released", task=second, error_class="drained")
        (after,) = site.rows(as_it_was, task=second)
        assert after == before
        with ExecutorProcess(settings=site.settings | PATIENT | {"shard": "0/1"}) as other:
            other.wait_for(event="completed", task=second)
        assert not draining.matching(event="told_to_stop", task=first)
        held.let_go()
        assert draining.wait() == 0
        draining.wait_for(event="completed", task=first)
    assert [attempt["outcome"] for attempt in site.attempts()].count("released") == 1
    assert site.history()[second]["fail_count"] == 1


@pytest.mark.parametrize("program", [None, Path(without_giving_back.__file__)], ids=["given back", "control"])
def test_what_waits_is_given_back_to_an_idle_executor(
    site: Site, clips: Clips, tmp_path: Path, program: Path | None
) -> None:
    held = HeldFfmpeg(tmp_path)
    first, second = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=61_000))
    with ExecutorProcess(settings=site.settings | PATIENT | held.settings, program=program) as busy:
        busy.wait_for(event="waits_for_slot", task=second)
        with ExecutorProcess(settings=site.settings | PATIENT) as idle:
            idle.wait_for(event="asked_for_waiting_tasks", tasks=1)
            if program is None:
                idle.wait_for(event="completed", task=second)
            else:
                idle.wait_for(event="asked_for_waiting_tasks", tasks=1, count=2)
                assert not idle.matching(task=second)
            assert not busy.matching(event="told_to_stop", task=first)
            held.let_go()
            busy.wait_for(event="completed", task=first)
            until(lambda: set(site.history()) == {first, second})
    outcomes = [(each["outcome"], each["error_class"]) for each in site.attempts() if each["task_id"] == second]
    assert outcomes == ([("released", "given_back")] if program is None else []) + [("completed", None)]
    assert site.history()[second]["fail_count"] == 0
