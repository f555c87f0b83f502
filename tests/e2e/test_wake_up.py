"""New tasks and dead executors are noticed at once, without waiting for a tick or a lease."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text

from mediaproc.db.grants import DEFAULT_NAMES
from mediaproc.db.notifications import DUE
from tests.db.task_rows import claim_one
from tests.e2e import without_lulls, without_refills, without_shards
from tests.parts.claim_queries import ClaimQueries
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, executors
from tests.parts.failure_detecting_executor import LOCK_READS_TO_DETECT, LOOK, failure_detecting_executor
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.postgres import as_role
from tests.parts.proxy import StatementCount, proxied
from tests.parts.settings import told
from tests.parts.site import Site
from tests.parts.waiting import until

# A tick and a compensation that never come within a test, and the lease of the default settings.
NEVER = {"cron": "0 0 0 29 2 *", "compensate_cron": "0 0 0 29 2 *", "lease": "60", "heartbeat": "15"}


def test_idle_executors_are_woken_by_their_own_tasks(site: Site, clips: Clips) -> None:
    with executors("0/2", "1/2", settings=site.settings | NEVER, arguments=()) as running:
        for one in running:
            one.wait_for(event="listening")
        tasks = site.enqueue(clips.make_many(2, seconds=0.4))
        for task in tasks:
            running[task % 2].wait_for(event="completed", task=task)


def test_without_a_notification_the_tick_finds_the_task(site: Site, clips: Clips) -> None:
    """The control of the test above: a tick finds a task without any notification."""
    with executors("0/1", settings=site.settings, arguments=()) as running:
        running[0].wait_for(event="listening")
        # An insertion by hand sends no notification.
        (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
        running[0].wait_for(event="completed", task=task)
        with site.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM media_process_history")
            connection.exec_driver_sql(
                "INSERT INTO media_process (file_id, profile, filename, bucket, object_key)"
                " SELECT id, 'mp4', filename, bucket, object_key FROM media_files"
            )
        running[0].wait_for(event="completed", count=2)


def test_a_slot_that_becomes_free_is_filled_at_once_and_waits_for_no_other(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    """The only tick, at the start, takes two tasks; one of them holds its slot until all others are done."""
    held = HeldFfmpeg(tmp_path, only_first=True)
    tasks = site.enqueue(clips.make_many(7, seconds=0.4))
    with executors("0/1", settings=site.settings | NEVER | held.settings) as (one,):
        one.wait_for(event="completed", count=6)
        assert site.value("SELECT count(*) FROM media_process WHERE status = 'processing'") == 1
        held.let_go()
        assert one.wait() == 0
    assert set(site.history()) == set(tasks)


def test_without_refills_what_is_due_waits_beside_a_free_slot(site: Site, clips: Clips, tmp_path: Path) -> None:
    """The control of the test above: a third task is taken only when the executor begins to listen."""
    settings = site.settings | NEVER | {"heartbeat": "0.5"} | HeldFfmpeg(tmp_path, only_first=True).settings
    site.enqueue(clips.make_many(7, seconds=0.4))
    with ExecutorProcess(settings=settings, program=Path(without_refills.__file__)) as one:
        one.wait_for(event="listening")
        one.wait_for(event="completed")
        until(lambda: site.value(_HAS_A_FREE_SLOT_FOR_LONG))
        assert site.value("SELECT count(*) FROM media_process WHERE status = 'pending'") > 0


_HAS_A_FREE_SLOT_FOR_LONG = """
SELECT busy = 1 AND heartbeat_at - (SELECT max(finished_at) FROM media_process_history) > interval '2 s'
FROM media_executor
"""


@contextmanager
def idle_in_a_shard_of_two(
    site: Site, *, program: Path | None = None
) -> Iterator[tuple[StatementCount, StatementCount]]:
    """Counts of an idle executor's claims in the shard 1/2, three so far, and of its reads of the locks."""
    with proxied(site.settings["database_url"]) as (proxy, behind):
        claims, lock_reads = proxy.watch("due_tasks"), proxy.watch(LOOK)
        settings = site.settings | NEVER | {"database_url": behind, "shard": "1/2"}
        with ExecutorProcess(settings=settings, program=program) as idle:
            idle.wait_for(event="listening")
            until(lambda: claims.count >= 2)
            # A notification arrives and wakes it.
            notify(site, "1")
            until(lambda: claims.count >= 3)
            yield claims, lock_reads


def notify(site: Site, *payloads: str) -> None:
    with psycopg.connect(site.settings["database_url"], autocommit=True) as connection:
        for payload in payloads:
            connection.execute("SELECT pg_notify(%s, %s)", [DUE, payload])


NOTIFICATIONS_FOR_THE_OTHER_SHARD = tuple(map(str, range(0, 40, 2)))


def test_notifications_for_another_shard_wake_nobody(site: Site) -> None:
    with idle_in_a_shard_of_two(site) as (claims, lock_reads):
        notify(site, *NOTIFICATIONS_FOR_THE_OTHER_SHARD)
        # The answer to the first read brings the earlier notifications; when the second begins, they were handled.
        assert lock_reads.wait_for(2)
        notify(site, "3")
        until(lambda: claims.count > 3)
        assert lock_reads.wait_for(2)
        assert claims.count == 4


def test_without_the_check_of_the_shard_they_do(site: Site) -> None:
    """The control of the one above."""
    with idle_in_a_shard_of_two(site, program=Path(without_shards.__file__)) as (claims, _lock_reads):
        notify(site, *NOTIFICATIONS_FOR_THE_OTHER_SHARD)
        until(lambda: claims.count > 3)


_A_THOUSAND_NOTIFICATIONS = """
DO $$ BEGIN
    FOR number IN 1..1000 LOOP
        PERFORM pg_notify('mediaproc_due', '7');
        COMMIT;
        PERFORM pg_sleep(0.003);
    END LOOP;
END $$
"""


def claims_for_a_burst(site: Site, *, clip: Path, program: Path | None) -> int:
    """How many claims an idle executor makes for a thousand notifications of tasks that are gone, and one of a task.

    The notifications come a moment apart, so that each could cause a wake-up of its own. The server sends them all by
    itself: a test that a busy machine delays between two of them would make a pause that begins a new lull.
    """
    with proxied(site.settings["database_url"]) as (proxy, behind):
        claims = proxy.watch("due_tasks")
        beats = proxy.watch("media_executor")
        settings = site.settings | NEVER | {"database_url": behind, "slots": "1"}
        with ExecutorProcess(settings=settings, program=program) as executor:
            executor.wait_for(event="listening")
            assert beats.wait_for(2)
            before = claims.count
            with psycopg.connect(site.settings["database_url"], autocommit=True) as connection:
                connection.execute(_A_THOUSAND_NOTIFICATIONS)
            (task,) = site.enqueue([clip])
            executor.wait_for(event="completed", task=task)
            return claims.count - before


def test_a_burst_of_notifications_costs_a_handful_of_wake_ups_and_loses_none(site: Site, clips: Clips) -> None:
    assert claims_for_a_burst(site, clip=clips.make("avi", seconds=0.4), program=None) < 50


def test_without_lulls_it_costs_hundreds(site: Site, clips: Clips) -> None:
    """The control of the one above."""
    clip = clips.make("avi", seconds=0.4)
    assert claims_for_a_burst(site, clip=clip, program=Path(without_lulls.__file__)) > 100


def test_notifications_that_are_no_ids_harm_nobody(site: Site, clips: Clips) -> None:
    payloads = ["9" * 5000, "9" * 20, "-1", "", "x", "\N{ARABIC-INDIC DIGIT SEVEN}"]
    with executors("0/1", settings=site.settings | NEVER, arguments=()) as (executor,):
        executor.wait_for(event="listening")
        notify(site, *payloads)
        (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
        executor.wait_for(event="completed", task=task)
        assert not executor.matching(event="listener_lost")
        assert not executor.matching(event="bug")


def test_the_task_of_a_killed_executor_runs_elsewhere_long_before_its_lease_ends(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    # A lease that does not end while an executor starts, however long that takes.
    settings = site.settings | NEVER | HeldFfmpeg(tmp_path).settings | {"lease": "600"}
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=9000)])
    with executors("0/1", settings=settings, arguments=()) as (victim,):
        victim.wait_for(event="stage_started", stage="transcode", task=task)
        with failure_detecting_executor(settings=settings) as (successor, _lock_reads):
            victim.kill()
            successor.wait_for(event="executors_died", executors=victim.executor_id)
            successor.wait_for(event="stage_started", stage="transcode", task=task)
    first, second = site.attempts()
    assert (first["outcome"], second["outcome"]) == ("lost", None)
    assert (second["started_at"] - first["started_at"]).total_seconds() < float(settings["lease"])
    assert site.value("SELECT fail_count FROM media_process") == 1


def test_what_is_locked_when_its_executor_is_declared_dead_is_taken_once_it_is_free(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    settings = site.settings | NEVER | HeldFfmpeg(tmp_path).settings
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=9050)])
    with executors("0/1", settings=settings, arguments=()) as (victim,):
        victim.wait_for(event="stage_started", stage="transcode", task=task)
        with failure_detecting_executor(settings=settings) as (successor, lock_reads):
            with psycopg.connect(site.settings["database_url"]) as forgotten:
                forgotten.execute("SELECT FROM media_process FOR UPDATE")
                victim.kill()
                successor.wait_for(event="executors_died", executors=victim.executor_id)
                assert lock_reads.wait_for(2 * LOCK_READS_TO_DETECT)
                assert not successor.matching(event="compensated")
            successor.wait_for(event="compensated", task=task, lost_executor=victim.executor_id)
            assert len(successor.matching(event="executors_died")) == 1
    assert site.value("SELECT fail_count FROM media_process") == 1


@dataclass(frozen=True)
class DueAgain:
    """How a task becomes due again: what holds it back before, and the command, with its role, that makes it due."""

    hold_back: Callable[[Site], object]
    command: tuple[str, ...]
    role: str
    then: Callable[[Site], None] = lambda _site: None


def reject(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET status = 'rejected', error_class = 'empty', error = 'No.'"))


def claim(site: Site) -> object:
    """Claims the task for an executor that does not run."""
    return claim_one(site.engine)


def lose(site: Site) -> None:
    """Ends the claim's lease, and waits until the database is up for longer than the hold-off.

    Called once the idle executor runs: the compensation pass at its start would take the claim itself.
    """
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 s'"))
    until(lambda: site.value("SELECT pg_postmaster_start_time() < now() - interval '3 s'"))


DUE_AGAIN = {
    "a retry": DueAgain(reject, ("tasks", "retry", "1"), role="operator"),
    "a compensation": DueAgain(claim, ("compensate",), role="executor", then=lose),
}


@pytest.mark.parametrize("change", DUE_AGAIN.values(), ids=DUE_AGAIN.keys())
def test_what_makes_a_task_due_again_wakes_an_idle_executor(site: Site, clips: Clips, change: DueAgain) -> None:
    assert set(site.enqueue([clips.make("avi", seconds=0.4)])) == {1}
    change.hold_back(site)
    claim_queries = ClaimQueries(site.engine)
    with executors("0/1", settings=site.settings | NEVER, arguments=()) as (idle,):
        become_idle(idle, claim_queries=claim_queries, before=0)
        change.then(site)
        database_url = as_role(site.settings["database_url"], DEFAULT_NAMES[change.role])
        run(*change.command, settings=site.settings | {"database_url": database_url})
        idle.wait_for(event="completed", task=1)


def test_what_a_drain_releases_wakes_an_idle_executor(site: Site, clips: Clips, tmp_path: Path) -> None:
    claim_queries = ClaimQueries(site.engine)
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=9100)])
    settings = site.settings | NEVER | HeldFfmpeg(tmp_path).settings | {"slots": "1"}
    with executors("0/1", settings=settings, arguments=()) as (drained,):
        drained.wait_for(event="stage_started", stage="transcode", task=task)
        # It looks for a task ahead of its only slot, and then makes no more claims.
        until(lambda: site.value("SELECT max(at) < clock_timestamp() - interval '2 s' FROM test_look"))
        before = claim_queries.count
        with executors("0/1", settings=settings, arguments=()) as (idle,):
            become_idle(idle, claim_queries=claim_queries, before=before)
            drained.send(signal.SIGTERM)
            drained.wait_for(event="draining")
            drained.send(signal.SIGTERM)
            idle.wait_for(event="stage_started", stage="transcode", task=task)
            assert drained.wait() == 0
    assert [attempt["outcome"] for attempt in site.attempts()] == ["released", None]


def test_without_a_notification_an_idle_executor_sleeps_on_until_there_is_one(site: Site, clips: Clips) -> None:
    """The control: the same change by hand, without a notification."""
    claim_queries = ClaimQueries(site.engine)
    (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
    reject(site)
    with executors("0/1", settings=site.settings | NEVER | {"heartbeat": "0.5"}, arguments=()) as (idle,):
        become_idle(idle, claim_queries=claim_queries, before=0)
        with site.engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET status = 'pending', next_attempt_at = now()"))
        due_at = site.value("SELECT next_attempt_at FROM media_process")
        until(lambda: site.value("SELECT heartbeat_at - :due > interval '2 s' FROM media_executor", due=due_at))
        assert claim_queries.count == 2
        with site.engine.begin() as connection:
            connection.execute(select(func.pg_notify(DUE, str(task))))
        idle.wait_for(event="completed", task=task)


def become_idle(one: ExecutorProcess, *, claim_queries: ClaimQueries, before: int) -> None:
    """Waits until the claims at its start and at its LISTEN are over: from now on only a notification wakes it."""
    one.wait_for(event="listening")
    claim_queries.wait_for(before + 2)


def run(*arguments: str, settings: Mapping[str, str]) -> None:
    """`mediaproc` with the arguments, to its end."""
    subprocess.run([sys.executable, "-m", "mediaproc", *arguments], env=told(settings), check=True, capture_output=True)
