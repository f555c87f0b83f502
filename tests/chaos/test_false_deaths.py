"""Nobody is taken for dead who only stands still: alone, with the whole machine, or with its listener cut.

The looks of the executor that would judge are the clock of these tests: each sees more of them than the grace has.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from mediaproc.db import executor_locks
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.failure_detecting_executor import LOCK_READS_TO_DETECT, failure_detecting_executor
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.postgres import PostgresServer
from tests.parts.proxy import StatementCount
from tests.parts.site import Site
from tests.parts.waiting import until

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(600)

# No lease runs out within a test, and no heartbeat comes by itself.
SETTINGS = {"lease": "600", "heartbeat": "200", "slots": "1"}
ITS_LISTENER = f"""
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'
    AND objid = (hashtextextended(:id, {executor_locks._SEED}) & 4294967295)::bigint::oid
"""  # noqa: S608, SLF001 - the key as the product makes it


@pytest.fixture
def held(tmp_path_factory: pytest.TempPathFactory) -> HeldFfmpeg:
    return HeldFfmpeg(tmp_path_factory.mktemp("held"))


@contextmanager
def two(
    site: Site, clips: Clips, *, held: HeldFfmpeg
) -> Iterator[tuple[ExecutorProcess, ExecutorProcess, StatementCount]]:
    """One at work, one that watches it, and the count of the watcher's looks; in the end the first does its task."""
    settings = site.settings | held.settings | SETTINGS
    (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
    with ExecutorProcess(settings=settings) as at_work:
        at_work.wait_for(event="listening")
        at_work.wait_for(event="stage_started", stage="transcode", task=task)
        with failure_detecting_executor(settings=settings) as (watcher, looks):
            yield at_work, watcher, looks
            assert looks.wait_for(LOCK_READS_TO_DETECT)
            assert not watcher.matching(event="executors_died")
        held.let_go()
        at_work.wait_for(event="completed", task=task)
    assert site.history()[task]["fail_count"] == 0


def test_whoever_stands_still_for_seconds_is_not_taken_for_dead(site: Site, clips: Clips, held: HeldFfmpeg) -> None:
    with two(site, clips, held=held) as (at_work, _watcher, looks):
        at_work.send(signal.SIGSTOP)
        assert looks.wait_for(LOCK_READS_TO_DETECT)
        at_work.send(signal.SIGCONT)


def test_whoever_loses_its_listener_is_not_taken_for_dead(site: Site, clips: Clips, held: HeldFfmpeg) -> None:
    with two(site, clips, held=held) as (at_work, _watcher, _looks):
        cut = site.value(ITS_LISTENER, id=at_work.executor_id)
        assert cut
        at_work.wait_for(event="listening", count=2)


def test_a_machine_that_stands_still_costs_nobody_its_claim(
    site: Site, clips: Clips, held: HeldFfmpeg, postgres_server: PostgresServer
) -> None:
    """Both executors and the database, for longer than the grace; meanwhile the connection of a listener is cut."""
    with two(site, clips, held=held) as (at_work, watcher, _looks):
        server = psutil.Process(postgres_server.pid)
        frozen = [server, *server.children(recursive=True), psutil.Process(watcher.pid), psutil.Process(at_work.pid)]
        for process in frozen:
            process.send_signal(signal.SIGSTOP)
        # Nothing tells that time has passed, so that it must pass.
        with pytest.raises(psutil.TimeoutExpired):
            frozen[-1].wait(timeout=4)
        for process in frozen:
            process.send_signal(signal.SIGCONT)


def test_whoever_is_killed_is(site: Site, clips: Clips, held: HeldFfmpeg) -> None:
    """The control of those above."""
    settings = site.settings | held.settings | SETTINGS
    (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
    with ExecutorProcess(settings=settings) as victim:
        victim.wait_for(event="stage_started", stage="transcode", task=task)
        with failure_detecting_executor(settings=settings) as (watcher, _looks):
            victim.kill()
            watcher.wait_for(event="executors_died", executors=victim.executor_id)
            until(lambda: site.value("SELECT fail_count FROM media_process") == 1)
