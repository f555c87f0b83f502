"""An outage is not a task's fault: whichever part is away for a while, no task gets a strike and each gets done."""

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from mediaproc.core.hold_off import HoldOff
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, all_are_done, executors
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.site import FragileSite, Site
from tests.parts.standby import without_its_standby
from tests.parts.waiting import until

# Outages last longer than the lease, and the delays of a busy machine do not.
CLIPS, SECONDS_AWAY, LEASE = 6, 15.0, 6.0

# Two executors of one shard: one may take what the other gives back.
SHARDS = ("0/1", "0/1")


def away(seconds: float = SECONDS_AWAY) -> None:
    """The length of an outage: there is no signal for time that passes."""
    threading.Event().wait(seconds)


def freeze_the_store(fragile: FragileSite) -> None:
    with fragile.minio.frozen():
        away()


def kill_the_store(fragile: FragileSite) -> None:
    fragile.minio.kill()
    away()
    fragile.minio.start()


def stop_the_database(fragile: FragileSite) -> None:
    fragile.postgres.stop("fast")
    away()
    fragile.postgres.start()


def crash_the_database_for_three_leases(fragile: FragileSite) -> None:
    fragile.postgres.stop("immediate")
    away(3 * LEASE)
    fragile.postgres.start()


def kill_a_backend(fragile: FragileSite) -> None:
    """PostgreSQL restarts by itself: every connection is gone, and its start time is unchanged."""
    started = fragile.site.value("SELECT pg_postmaster_start_time()")
    pid = fragile.site.value(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'mediaproc executor' ORDER BY pid LIMIT 1"
    )
    fragile.site.engine.dispose()
    fragile.postgres.kill_backend(pid, signal.SIGKILL)
    away(2)
    assert until(lambda: _start_time(fragile.site)) == started


def _start_time(site: Site) -> object:
    """None while the server recovers."""
    with suppress(OperationalError):
        return site.value("SELECT pg_postmaster_start_time()")
    return None


def let_the_database_only_read(fragile: FragileSite) -> None:
    """The server refuses writes, as after a failover when its name still leads to the former primary."""
    fragile.postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    fragile.postgres.execute("SELECT pg_reload_conf()")
    away()
    fragile.postgres.execute("ALTER SYSTEM RESET default_transaction_read_only")
    fragile.postgres.execute("SELECT pg_reload_conf()")


OUTAGES: list[Callable[[FragileSite], None]] = [
    freeze_the_store,
    kill_the_store,
    stop_the_database,
    crash_the_database_for_three_leases,
    kill_a_backend,
    let_the_database_only_read,
]


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.__name__)
def test_an_outage_costs_no_strike_and_no_executor(
    fragile: FragileSite, clips: Clips, tmp_path: Path, outage: Callable[[FragileSite], None]
) -> None:
    site, ffmpeg = fragile.site, HeldFfmpeg(tmp_path)
    tasks = site.enqueue(clips.make_many(CLIPS, seconds=4, first_seed=10_000))
    settings = {**site.settings, "slots": "1", "lease": f"{LEASE:g}", **ffmpeg.settings}
    with executors(*SHARDS, settings=settings, arguments=()) as running:
        # Held, so that the first leaves something to the second, however late that one starts.
        for one in running:
            one.wait_for(event="stage_started", stage="transcode")
        ffmpeg.let_go()
        outage(fragile)
        all_are_done(running, tasks=set(tasks))
        for one in running:
            one.send(signal.SIGTERM)
        assert [one.wait() for one in running] == [0, 0]
    history = site.history()
    assert set(history) == set(tasks)
    assert {row["fail_count"] for row in history.values()} == {0}
    assert {row["outcome"] for row in history.values()} == {"completed"}
    outcomes = {attempt["outcome"] for attempt in site.attempts()}
    assert outcomes <= {"completed", "released"}, outcomes
    assert site.assert_renditions_are_whole(folder=tmp_path) == CLIPS


def test_a_film_that_is_encoded_waits_for_the_database_before_its_upload(fragile: FragileSite, clips: Clips) -> None:
    site = fragile.site
    # The encode goes on until the database has stopped, and the lease until the encode has ended.
    (task,) = site.enqueue([clips.make("avi", seconds=40, size=(640, 480), seed=12_000)])
    with executors("0/1", settings=site.settings | {"lease": "600"}, arguments=()) as (one,):
        one.wait_for(event="stage_started", stage="transcode", task=task)
        fragile.postgres.stop("fast")
        one.wait_for(event="upload_waits", task=task)
        fragile.postgres.start()
        one.wait_for(event="completed", task=task)
    assert [attempt["outcome"] for attempt in site.attempts()] == ["completed"]


def test_claiming_pauses_while_the_store_is_away_and_says_so(fragile: FragileSite, clips: Clips) -> None:
    site = fragile.site
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=11_000)])
    with executors("0/1", settings=site.settings, arguments=()) as (one,):
        one.wait_for(event="completed", task=task)
        fragile.minio.kill()
        tasks = site.insert_again()
        one.wait_for(event="claiming_paused", part="store")
        paused = one.matching(event="stage_started", stage="claim")
        one.wait_for(event="released", task=tasks)
        row = _executor_row(one, site=site, state="paused")
        assert "store" in row.lower()
        assert len(one.matching(event="stage_started", stage="claim")) == len(paused)
        fragile.minio.start()
        one.wait_for(event="claiming_resumed", part="store")
        one.wait_for(event="completed", task=tasks)


@pytest.mark.parametrize("is_mount_point", [True, False], ids=["mount-point", "folder-on-the-mount"])
def test_a_directory_that_is_not_mounted_costs_no_strike(
    directory_site: Site,
    clips: Clips,
    is_mount_point: bool,  # noqa: FBT001
) -> None:
    site = directory_site
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=11_200)])
    root = Path(site.store.bucket)
    away = root.rename(root.with_name("unmounted"))
    if is_mount_point:
        root.mkdir()
    # The folder is missing when the executor starts: its own check of the store must not make it anew.
    with executors("0/1", settings=site.settings, arguments=()) as (one,):
        one.wait_for(event="released", task=task)
        assert "mount it" in _executor_row(one, site=site, state="paused")
        if is_mount_point:
            root.rmdir()
        assert not root.exists()
        away.rename(root)
        one.wait_for(event="completed", task=task)
    assert site.history()[task]["fail_count"] == 0


def test_an_executor_says_that_its_compensation_holds_off_after_the_databases_start(fragile: FragileSite) -> None:
    settings = fragile.site.settings | {"lease": "3600"}
    with executors("0/1", settings=settings, arguments=()) as (one,):
        one.wait_for(event="compensation_holds_off", reason=str(HoldOff.STARTED))


def _executor_row(one: ExecutorProcess, *, site: Site, state: str) -> str:
    """Why the executor is paused, as its row says after a heartbeat."""
    for _ in range(200):
        found = site.rows("SELECT state, paused_for FROM media_executor WHERE pid = :pid", pid=one.pid)
        if found and found[0]["state"] == state:
            return str(found[0]["paused_for"])
        threading.Event().wait(0.1)
    raise AssertionError(f"the executor's row never said {state}")


def test_a_standby_that_is_away_for_several_leases_costs_no_strike(
    fragile: FragileSite, clips: Clips, tmp_path: Path
) -> None:
    site, ffmpeg = fragile.site, HeldFfmpeg(tmp_path)
    settings = {**site.settings, "lease": f"{LEASE:g}", **ffmpeg.settings}
    with executors("0/1", settings=settings, arguments=()) as (one,):
        one.wait_for(event="executor_started")
        tasks = site.enqueue(clips.make_many(2, seconds=0.4))
        with without_its_standby(fragile.postgres):
            one.wait_for(event="stage_started", stage="transcode", count=2)
            held = (
                "SELECT count(*) FROM media_process"
                " WHERE lease_expires_at - claimed_at > make_interval(secs => :leases)"
            )
            until(lambda: site.value(held, leases=3 * LEASE) == len(tasks))
            ffmpeg.let_go()
        all_are_done([one], tasks=set(tasks))
    assert [row["outcome"] for row in site.attempts()] == ["completed"] * len(tasks)
    assert site.value("SELECT max(fail_count) FROM media_process_history") == 0
