"""No shard starves: what a shard without an executor left due for too long, others take."""

from tests.parts.clips import Clips
from tests.parts.executors import all_are_done, executors
from tests.parts.site import Site

STEAL_AFTER = 2.0


def test_the_tasks_of_a_shard_without_an_executor_are_taken_by_the_others(site: Site, clips: Clips) -> None:
    settings = site.settings | {"steal_after": str(STEAL_AFTER)}
    with executors("0/3", "1/3", settings=settings, arguments=()) as running:
        for one in running:
            one.wait_for(event="listening")
        tasks = site.enqueue(clips.make_many(9, seconds=0.4, first_seed=14_000))
        orphaned = [task for task in tasks if task % 3 == 2]
        all_are_done(running, tasks=set(tasks))
    waited = {
        row["task_id"]: row["waited"]
        for row in site.rows(
            "SELECT task_id, extract(epoch FROM a.started_at - h.created_at)::float AS waited"
            " FROM media_process_attempt a JOIN media_process_history h ON h.id = a.task_id"
        )
    }
    assert len(orphaned) == 3
    assert len(waited) == len(tasks), "each was claimed once"
    assert all(waited[task] >= STEAL_AFTER for task in orphaned), "a living owner would have come first"


def test_with_stealing_off_the_others_leave_them_alone(site: Site, clips: Clips) -> None:
    """The control: with the setting at 0 they wait for their executor."""
    tasks = site.enqueue(clips.make_many(3, seconds=0.4, first_seed=14_100))
    with executors("0/3", "1/3", settings=site.settings | {"steal_after": "0"}) as running:
        assert [one.wait() for one in running] == [0, 0]
    assert {task % 3 for task in site.history()} == {0, 1}
    assert site.value("SELECT count(*) FROM media_process WHERE status = 'pending'") == len(tasks) - 2
