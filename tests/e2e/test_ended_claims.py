"""A person who cancels or rejects a task that is being worked on ends its ffmpeg at once."""

from pathlib import Path

import pytest

from mediaproc.acts import tasks as acts
from mediaproc.core.selection import Selection
from mediaproc.db.database import Database
from tests.e2e import without_ended_claims
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, gone
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.site import Site
from tests.parts.waiting import until

# A tick and a heartbeat that never come within a test, but for the first ones.
NEVER = {"cron": "0 0 0 29 2 *", "compensate_cron": "0 0 0 29 2 *", "lease": "3600", "heartbeat": "1200"}
RUNNING = Selection.parse("status:processing")


@pytest.mark.parametrize("act", ["cancel", "reject"])
def test_what_runs_is_gone_before_the_next_heartbeat(site: Site, clips: Clips, tmp_path: Path, act: str) -> None:
    tasks = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=71_000))
    with ExecutorProcess(settings=site.settings | NEVER | HeldFfmpeg(tmp_path).settings) as one:
        one.wait_for(event="listening")
        one.wait_for(event="slot_taken", count=2)
        started = until(one.children)
        database = Database(site.engine)
        if act == "cancel":
            assert acts.cancel(database, RUNNING, actor="a").changed == 2
        else:
            assert acts.reject(database, RUNNING, because="It is not ours.", actor="a").changed == 2
        for task in tasks:
            one.wait_for(event="claim_lost", task=task)
        assert until(lambda: gone(started))
    assert {attempt["outcome"] for attempt in site.attempts()} == {"cancelled"}


def test_where_no_notification_is_heard_the_heartbeat_ends_it(site: Site, clips: Clips, tmp_path: Path) -> None:
    """The control: with the notification lost it runs on, until a heartbeat asks."""
    settings = site.settings | NEVER | HeldFfmpeg(tmp_path).settings
    clip, other = clips.make_many(2, seconds=0.4, first_seed=71_000)
    (task,) = site.enqueue([clip])
    with ExecutorProcess(settings=settings, program=Path(without_ended_claims.__file__)) as one:
        one.wait_for(event="listening")
        one.wait_for(event="slot_taken", task=task)
        started = until(one.children)
        assert acts.cancel(Database(site.engine), RUNNING, actor="a").changed == 1
        # Notifications come in the order in which they were sent.
        (later,) = site.enqueue([other])
        one.wait_for(event="stage_started", stage="claim", task=later)
        # Who hears it ends it within a fraction of a second.
        assert not gone(started, within=10)
        # An executor that has lost its listener hurries its heartbeat.
        site.rows_of(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        )
        one.wait_for(event="claim_lost", task=task)
        assert until(lambda: gone(started))
