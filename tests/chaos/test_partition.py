"""Packets go nowhere and nobody is told: the executor stops itself, others go on, and when it heals it works again."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.waiting import until
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, gone
from tests.parts.proxy import PostgresProxy
from tests.parts.settings import without_settings
from tests.parts.site import Site

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(900)

FENCED = "the lease could not be renewed"


def compensate(site: Site) -> None:
    """`mediaproc compensate`, as an outside cron runs it."""
    environment = without_settings() | {f"MEDIAPROC_{name.upper()}": value for name, value in site.settings.items()}
    subprocess.run([sys.executable, "-m", "mediaproc", "compensate"], env=environment, check=True, capture_output=True)


def compensated(site: Site) -> bool:
    """Whether one pass more was enough: a renewal that is cut off before its COMMIT has the row locked for seconds."""
    compensate(site)
    return bool(site.value("SELECT status = 'failed' FROM media_process"))


def test_whoever_is_cut_off_stops_itself_and_works_again_when_healed(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips, tmp_path: Path
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=40, size=(640, 480), seed=40_000)])
    with ExecutorProcess(settings=behind) as cut_off:
        cut_off.wait_for(event="stage_started", stage="transcode", task=task)
        running = until(cut_off.ffmpeg)
        proxy.swallow()
        cut_off.wait_for(event="told_to_stop", task=task, reason=FENCED)
        assert gone(running)
        with ExecutorProcess(settings=site.settings) as other:
            other.wait_for(event="completed", task=task)
            proxy.heal()
            cut_off.wait_for(event="claim_lost", task=task)
            other.send(signal.SIGTERM)
            assert other.wait() == 0
            winner = other.executor_id
        (next_task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=40_001)])
        cut_off.wait_for(event="completed", task=next_task)
        cut_off.send(signal.SIGTERM)
        assert cut_off.wait() == 0
    assert str(site.history()[task]["claimed_by"]) == winner
    assert site.assert_renditions_are_whole(folder=tmp_path) == 2
    site.assert_nothing_is_left()


def test_whoever_was_cut_off_takes_back_the_strike_for_its_lost_lease(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=20, size=(640, 480), seed=41_000)])
    with ExecutorProcess(settings=behind) as cut_off:
        cut_off.wait_for(event="stage_started", stage="transcode", task=task)
        proxy.swallow()
        cut_off.wait_for(event="told_to_stop", task=task, reason=FENCED)
        # Only by now it has surely found out: before, a pause of its own process may pass for the silence.
        cut_off.wait_for(event="settle_waits", task=task)
        until(lambda: compensated(site))
        assert site.value("SELECT fail_count FROM media_process") == 1
        proxy.heal()
        cut_off.wait_for(event="strike_taken_back", task=task)
        cut_off.wait_for(event="completed", task=task)
    assert site.history()[task]["fail_count"] == 0


def test_a_drain_is_bounded_although_the_database_hangs(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=40, size=(640, 480), seed=40_000)])
    with ExecutorProcess(settings=behind | {"drain_grace": "1"}) as cut_off:
        cut_off.wait_for(event="stage_started", stage="transcode", task=task)
        started = until(cut_off.children)
        proxy.swallow()
        cut_off.send(signal.SIGTERM)
        # PATIENCE bounds it; what cannot be released goes by its lease.
        assert cut_off.wait() == 0
        assert gone(started)
    with ExecutorProcess(settings=site.settings, arguments=("--until-idle",)) as other:
        other.wait_for(event="completed", task=task)
