"""Through a pooler in transaction mode ticks and leases do the work: notifications and failure detection are off."""

from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, all_are_done, executors
from tests.parts.pgbouncer import needs_pgbouncer, running_pgbouncer
from tests.parts.site import Site

pytestmark = needs_pgbouncer

# A lease that is renewed in time on a busy machine too.
_PATIENT = {"lease": "15", "heartbeat": "1"}


def test_executors_behind_a_pooler_in_transaction_mode_leave_it_to_ticks_and_leases(site: Site, clips: Clips) -> None:
    settings = site.settings | _PATIENT
    with (
        running_pgbouncer(site.settings["database_url"], mode="transaction") as pooled,
        # This executor has a session of its own and no task, and detects failures of others.
        ExecutorProcess(settings=settings | {"shard": "0/100"}) as detector,
        executors("0/1", "0/1", settings=settings | {"database_url": pooled}, arguments=()) as behind,
    ):
        detector.wait_for(event="listening")
        for one in behind:
            assert "session mode" in one.wait_for(event="not_listening")["reason"]
        tasks = site.enqueue([clips.make("avi", seconds=20, size=(640, 480), seed=41_000), *clips.make_many(3)])
        all_are_done(behind, tasks=set(tasks))
        for one in behind:
            assert len(one.matching(event="not_listening")) == 1
            assert not one.matching(event="listener_lost")
            assert not one.matching(event="heartbeat_failed")
        assert not detector.matching(event="executors_died")
    assert {row["fail_count"] for row in site.history().values()} == {0}
