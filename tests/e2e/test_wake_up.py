"""Work is picked up at once, and death is noticed at once: neither waits for a tick or a lease."""

from tests.parts.clips import Clips
from tests.parts.executors import executors
from tests.parts.site import Site

# A tick and a compensation that never come within a test, and the lease of the default settings.
NEVER = {"cron": "0 0 0 29 2 *", "compensate_cron": "0 0 0 29 2 *", "lease": "60", "heartbeat": "15"}


def test_an_idle_executor_is_woken_by_its_own_tasks_and_no_other(site: Site, clips: Clips) -> None:
    with executors("0/2", "1/2", settings=site.settings | NEVER, arguments=()) as running:
        for one in running:
            one.wait_for(event="listening")
        tasks = site.enqueue(clips.make_many(2, seconds=0.4))
        for task in tasks:
            running[task % 2].wait_for(event="completed", task=task)
        for index, one in enumerate(running):
            assert {line["task"] % 2 for line in one.matching(event="stage_started", stage="claim")} == {index}


def test_without_a_word_the_tick_finds_the_task(site: Site, clips: Clips) -> None:
    """The control of the one above, and the promise: the tick stays the truth."""
    with executors("0/1", settings=site.settings, arguments=()) as running:
        running[0].wait_for(event="listening")
        # What is inserted by hand tells nobody.
        (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
        running[0].wait_for(event="completed", task=task)
        with site.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM media_process_history")
            connection.exec_driver_sql(
                "INSERT INTO media_process (file_id, profile, filename, bucket, object_key)"
                " SELECT id, 'mp4', filename, bucket, object_key FROM media_files"
            )
        running[0].wait_for(event="completed", count=2)


def test_the_task_of_a_killed_executor_runs_elsewhere_long_before_its_lease_ends(site: Site, clips: Clips) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=30, size=(640, 480), seed=9000)])
    with executors("0/1", settings=site.settings | NEVER, arguments=()) as (victim,):
        victim.wait_for(event="stage_started", stage="transcode", task=task)
        with executors("0/1", settings=site.settings | NEVER, arguments=()) as (heir,):
            heir.wait_for(event="listening")
            victim.kill()
            heir.wait_for(event="executors_died", executors=victim.executor_id)
            heir.wait_for(event="stage_started", stage="transcode", task=task)
    first, second = site.attempts()
    assert (first["outcome"], second["outcome"]) == ("lost", None)
    assert (second["started_at"] - first["started_at"]).total_seconds() < float(NEVER["lease"])
    assert site.value("SELECT fail_count FROM media_process") == 1
