"""What kills its executors stops after three strikes, and a shard without an executor is not forgotten."""

import signal

import pytest

from tests.chaos.waiting import until
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, executors
from tests.parts.site import Site

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(900)

STEAL_AFTER = 2.0


def test_a_source_that_kills_its_executors_waits_for_a_person_after_three_strikes(site: Site, clips: Clips) -> None:
    (poison,) = site.enqueue([clips.make("avi", seconds=40, size=(640, 480), seed=50_000)])
    for strike in range(3):
        with ExecutorProcess(settings=site.settings) as victim:
            if strike > 0:
                victim.wait_for(event="compensated", task=poison, strikes=strike)
            victim.wait_for(event="stage_started", stage="transcode", task=poison)
            victim.kill()
    with ExecutorProcess(settings=site.settings) as neighbour:
        neighbour.wait_for(event="compensated", task=poison, strikes=3)
        (harmless,) = site.enqueue([clips.make("mov", seconds=0.2, seed=50_001)])
        neighbour.wait_for(event="completed", task=harmless)
        assert neighbour.matching(event="stage_started", stage="claim", task=poison) == []
        neighbour.send(signal.SIGTERM)
        assert neighbour.wait() == 0
    (row,) = site.rows("SELECT status, fail_count, error_class, error FROM media_process")
    assert (row["status"], row["fail_count"], row["error_class"]) == ("failed", 3, "lost")
    assert row["error"]


def test_the_tasks_of_a_shard_without_an_executor_are_done_by_the_others(site: Site, clips: Clips) -> None:
    tasks = site.enqueue(clips.make_many(6, kind="mov", seconds=0.2, first_seed=51_000))
    settings = site.settings | {"steal_after": f"{STEAL_AFTER:g}"}
    with executors("0/3", "1/3", settings=settings, arguments=()) as running:
        until(lambda: len(site.history()) == len(tasks))
        for one in running:
            one.send(signal.SIGTERM)
        assert [one.wait() for one in running] == [0, 0]
    assert set(site.history()) == set(tasks)
    waited = site.rows_of(
        "SELECT extract(epoch FROM started_at - h.created_at) FROM media_process_attempt a"
        " JOIN media_process_history h ON h.id = a.task_id WHERE h.id % 3 = 2"
    )
    # A living owner would have come first.
    assert len(waited) == 2
    assert min(waited) >= STEAL_AFTER
