"""An executor that loses its listener's connection, or every connection, for seconds, at the default heartbeat."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos import without_sign_of_life
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, all_are_done
from tests.parts.failure_detecting_executor import LOCK_READS_TO_DETECT, failure_detecting_executor
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.proxy import PostgresProxy
from tests.parts.site import Site
from tests.parts.waiting import until

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(900)

# A lease that does not run out within a test, and a heartbeat that is rare.
DEFAULTS = {"lease": "60", "heartbeat": "15"}
# No heartbeat within a test: one that came during the grace would be a sign of life.
SELDOM = {"lease": "600", "heartbeat": "200"}
NEVER = "0 0 0 29 2 *"
SILENT = Path(without_sign_of_life.__file__)
THE_LOCK = """
    SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
"""


@contextmanager
def at_work(
    behind: dict[str, str],
    *,
    held: HeldFfmpeg,
    task: int,
    program: Path | None = None,
    beats: dict[str, str] = DEFAULTS,
) -> Iterator[ExecutorProcess]:
    """An executor behind a proxy, in the middle of the task."""
    settings = behind | held.settings | beats | {"compensate_cron": NEVER}
    with ExecutorProcess(settings=settings, program=program) as executor:
        executor.wait_for(event="listening")
        executor.wait_for(event="stage_started", stage="transcode", task=task)
        yield executor


@pytest.fixture
def held(tmp_path: Path) -> HeldFfmpeg:
    """An ffmpeg whose encodes go on while another executor decides whether theirs is dead."""
    return HeldFfmpeg(tmp_path)


@pytest.fixture
def detecting(site: Site, held: HeldFfmpeg) -> dict[str, str]:
    return site.settings | held.settings | DEFAULTS | {"slots": "1"}


def test_whoever_lost_only_its_listener_is_not_declared_dead(
    *,
    site: Site,
    behind: dict[str, str],
    proxy: PostgresProxy,
    clips: Clips,
    held: HeldFfmpeg,
    detecting: dict[str, str],
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
    with (
        at_work(behind, held=held, task=task) as deaf,
        failure_detecting_executor(settings=detecting) as (other, lock_reads),
    ):
        proxy.deafen()
        deaf.wait_for(event="listener_lost")
        assert lock_reads.wait_for(LOCK_READS_TO_DETECT)
        proxy.heal()
        # Before the proxy was healed the executor could not listen again.
        deaf.wait_for(event="listening", count=2)
        assert lock_reads.wait_for(LOCK_READS_TO_DETECT)
        assert not other.matching(event="executors_died")
        held.let_go()
        deaf.wait_for(event="completed", task=task)
    assert site.history()[task]["fail_count"] == 0


def test_without_a_sign_of_life_it_is_declared_dead(
    *,
    site: Site,
    behind: dict[str, str],
    proxy: PostgresProxy,
    clips: Clips,
    held: HeldFfmpeg,
    detecting: dict[str, str],
) -> None:
    """The control of the one above."""
    (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
    with (
        at_work(behind, held=held, task=task, program=SILENT, beats=SELDOM) as deaf,
        failure_detecting_executor(settings=detecting) as (other, lock_reads),
    ):
        proxy.deafen()
        other.wait_for(event="compensated", task=task, lost_executor=deaf.executor_id)
        assert lock_reads.wait_for(LOCK_READS_TO_DETECT)
        # It is declared dead once, however long it stays away.
        assert len(other.matching(event="executors_died")) == 1


def test_whoever_was_cut_off_for_seconds_takes_its_strike_back(
    *,
    site: Site,
    behind: dict[str, str],
    proxy: PostgresProxy,
    clips: Clips,
    held: HeldFfmpeg,
    detecting: dict[str, str],
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
    with (
        at_work(behind, held=held, task=task) as cut_off,
        failure_detecting_executor(settings=detecting) as (other, _lock_reads),
    ):
        proxy.refuse()
        other.wait_for(event="compensated", task=task)
        proxy.heal()
        cut_off.wait_for(event="claim_lost", task=task)
        cut_off.wait_for(event="strike_taken_back", task=task)
        held.let_go()
        all_are_done([cut_off, other], tasks={task})
    assert site.history()[task]["fail_count"] == 0


def test_without_a_sign_of_life_the_strike_stays(
    *,
    site: Site,
    behind: dict[str, str],
    proxy: PostgresProxy,
    clips: Clips,
    held: HeldFfmpeg,
    detecting: dict[str, str],
) -> None:
    """The control of the one above."""
    (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
    with (
        at_work(behind, held=held, task=task, program=SILENT) as cut_off,
        failure_detecting_executor(settings=detecting) as (other, _lock_reads),
    ):
        proxy.refuse()
        other.wait_for(event="compensated", task=task)
        proxy.heal()
        cut_off.wait_for(event="claim_lost", task=task)
        cut_off.send(signal.SIGTERM)
        assert cut_off.wait() == 0
        assert not cut_off.matching(event="strike_taken_back")
    assert site.value("SELECT fail_count FROM media_process") == 1


def test_a_listener_that_is_half_open_is_replaced_with_its_lock(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips
) -> None:
    with ExecutorProcess(settings=behind | DEFAULTS | {"cron": NEVER, "compensate_cron": NEVER}) as half_open:
        half_open.wait_for(event="listening")
        (old,) = until(lambda: site.rows_of(THE_LOCK))
        proxy.swallow_listeners()
        half_open.wait_for(event="listener_lost")
        half_open.wait_for(event="listening", has_lock=False)
        # The old session, which to the server was intact, had the lock.
        until(lambda: site.rows_of(THE_LOCK) not in ([], [old]))
        # The old session releases its lock before it ends.
        until(lambda: site.value("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = :old", old=old))
        (task,) = site.enqueue([clips.make("avi", seconds=0.4)])
        half_open.wait_for(event="completed", task=task)
        assert len(half_open.matching(event="listener_lost")) == 1
