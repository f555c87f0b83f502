"""A source that kills its executors is tried three times."""

import signal

import pytest

from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.site import Site

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(900)


def test_a_source_that_kills_its_executors_waits_for_a_person_after_three_strikes(site: Site, clips: Clips) -> None:
    (poison,) = site.enqueue([clips.make("avi", seconds=40, size=(640, 480), seed=50_000)])
    for strike in range(3):
        with ExecutorProcess(settings=site.settings) as victim:
            if strike > 0:
                victim.wait_for(event="compensated", task=poison, strikes=strike)
            victim.wait_for(event="stage_started", stage="transcode", task=poison)
            victim.kill()
    with ExecutorProcess(settings=site.settings) as neighbour:
        neighbour.wait_for(event="compensated", task=poison, strikes=3)
        (harmless,) = site.enqueue([clips.make("mov", seconds=0.2, seed=50_001)])
        neighbour.wait_for(event="completed", task=harmless)
        assert neighbour.matching(event="stage_started", stage="claim", task=poison) == []
        neighbour.send(signal.SIGTERM)
        assert neighbour.wait() == 0
    (row,) = site.rows("SELECT status, fail_count, error_class, error FROM media_process")
    assert (row["status"], row["fail_count"], row["error_class"]) == ("failed", 3, "lost")
    assert row["error"]
