"""A restart of the database under busy executors ends none of their attempts."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc.config import Settings
from tests.parts.clips import Clips
from tests.parts.executors import executors
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.site import FragileSite
from tests.parts.waiting import until

pytestmark = pytest.mark.timeout(900)

EXECUTORS = 8
# The defaults.
LEASE, HEARTBEAT = (Settings.model_fields[name].default for name in ("lease", "heartbeat"))


def copies(clip: Path, *, folder: Path) -> Iterator[Path]:
    """The same film as different files: a demuxer ignores the bytes after the container."""
    for number in range(EXECUTORS):
        copy = folder / f"copy-{number}.avi"
        copy.write_bytes(clip.read_bytes() + bytes([number]))
        yield copy


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_database_restart_under_eight_busy_executors_gives_no_task_away(
    fragile: FragileSite, clips: Clips, tmp_path: Path, mode: str
) -> None:
    site = fragile.site
    tasks = site.enqueue(copies(clips.make("avi", seconds=0.4, seed=60_000), folder=tmp_path))
    config = {"slots": "1", "lease": f"{LEASE}", "heartbeat": f"{HEARTBEAT}"}
    settings = site.settings | HeldFfmpeg(tmp_path).settings | config
    with executors(*["0/1"] * EXECUTORS, settings=settings, arguments=()) as running:
        for one in running:
            one.wait_for(event="listening")
            one.wait_for(event="stage_started", stage="transcode")
        encoding = {process.pid for one in running for process in until(one.ffmpeg)}
        site.engine.dispose()
        fragile.postgres.restart(mode)
        renewed_after = site.value("SELECT now() + make_interval(secs => :lease)", lease=LEASE)
        for one in running:
            one.wait_for(event="listening", count=2)
        until(lambda: site.value("SELECT min(lease_expires_at) > :then FROM media_process", then=renewed_after))
        assert {process.pid for one in running for process in one.ffmpeg()} == encoding
        rows = site.rows("SELECT id, fail_count FROM media_process WHERE status = 'processing'")
        assert {row["id"]: row["fail_count"] for row in rows} == dict.fromkeys(tasks, 0)
        # What an executor had claimed ahead, before the others came, it gave to one that was idle.
        outcomes = [attempt["outcome"] for attempt in site.attempts()]
        assert [outcome for outcome in outcomes if outcome != "released"] == [None] * EXECUTORS
        for one in running:
            one.send(signal.SIGTERM)
            one.wait_for(event="draining")
            one.send(signal.SIGTERM)
        assert [one.wait() for one in running] == [0] * EXECUTORS
    assert site.value("SELECT count(*) FROM media_process WHERE status = 'pending'") == EXECUTORS
