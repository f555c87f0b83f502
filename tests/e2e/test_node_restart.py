"""A node that restarts under its name is another executor: its predecessor's task does not count as running."""

from tests.parts.clips import Clips
from tests.parts.executors import executors
from tests.parts.site import Site
from tests.parts.waiting import until

# The killed executor's last statement is committed or gone once the server has ended its sessions.
_ITS_SESSIONS = """
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mediaproc executor'
"""
# The new executor renews this lease in time on a busy machine too; the old one's is short, since the test waits for it.
_PATIENT = {"lease": "15", "heartbeat": "1"}


def test_a_node_that_was_killed_and_comes_back_is_another_executor_and_the_old_task_is_compensated_and_done(
    site: Site, clips: Clips
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=40, size=(640, 480), seed=15_000)])
    with executors("0/1", settings=site.settings, arguments=()) as (old,):
        old.wait_for(event="stage_started", stage="transcode", task=task)
        old.kill()
        until(lambda: not site.rows(_ITS_SESSIONS))
        left = site.rows("SELECT lease_expires_at FROM media_process")[0]
        last_seen = site.value("SELECT heartbeat_at FROM media_executor")
        with executors("0/1", settings=site.settings | _PATIENT, arguments=()) as (new,):
            new.wait_for(event="compensated", task=task, lost_executor=old.executor_id, strikes=1)
            new.wait_for(event="completed", task=task)
            assert not new.matching(event="unheard_claims_released")
    first, second = site.attempts()
    assert [(str(one["executor_id"]), one["outcome"]) for one in (first, second)] == [
        (old.executor_id, "lost"),
        (new.executor_id, "completed"),
    ]
    assert first["finished_at"] > left["lease_expires_at"], "nobody renewed it, and nobody judged it before its end"
    rows = {str(row["id"]): row for row in site.rows("SELECT id, host, heartbeat_at FROM media_executor")}
    assert rows.keys() == {old.executor_id, new.executor_id}
    assert len({row["host"] for row in rows.values()}) == 1
    assert rows[old.executor_id]["heartbeat_at"] == last_seen
