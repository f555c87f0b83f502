"""A wrong wall clock moves no lease and stops no tick; where the store refuses it, other nodes do the work."""

from pathlib import Path

import pytest

from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, executors
from tests.parts.site import Site
from tests.parts.wallclock import WallClock

HOUR = 3600
# A lease that is renewed in time on a busy machine too, and is far shorter than the clocks' difference.
_PATIENT = {"lease": "15", "heartbeat": "1"}


@pytest.fixture
def wall_clock(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path)


@pytest.mark.parametrize("offset", [-HOUR, HOUR])
def test_where_the_store_refuses_the_clock_the_executor_pauses_and_others_do_its_work(
    site: Site, clips: Clips, wall_clock: WallClock, offset: int
) -> None:
    settings = site.settings | _PATIENT
    with ExecutorProcess(settings=settings, environment=wall_clock.environment) as wrong:
        wrong.wait_for(event="listening")
        wall_clock.step(offset)
        tasks = site.enqueue(clips.make_many(2, seconds=0.4, first_seed=12_000))
        paused = wrong.wait_for(event="claiming_paused", part="store")
        assert "second" in paused["reason"] or " s " in paused["reason"], paused["reason"]
        with executors("0/1", settings=settings) as (right,):
            assert right.wait() == 0
    history = site.history()
    assert set(history) == set(tasks)
    assert {row["fail_count"] for row in history.values()} == {0}


@pytest.mark.parametrize("offset", [-HOUR, HOUR])
def test_a_clock_that_is_an_hour_off_moves_no_lease(
    directory_site: Site, clips: Clips, wall_clock: WallClock, offset: int
) -> None:
    site = directory_site
    wall_clock.step(offset)
    clip = clips.make("avi", seconds=8, size=(640, 480), seed=12_100)
    (task,) = site.enqueue([clip])
    # Task 1 is of the shard 1/2; the other executor, with the true clock, only compensates, every second.
    settings = site.settings | _PATIENT
    with executors("0/2", settings=settings, arguments=()) as (right,):
        right.wait_for(event="listening")
        # Started only now: on an idle machine the film is done before the other executor listens.
        with ExecutorProcess(settings=settings | {"shard": "1/2"}, environment=wall_clock.environment) as wrong:
            wrong.wait_for(event="completed", task=task)
    assert [attempt["outcome"] for attempt in site.attempts()] == ["completed"]


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_ticks_go_on_when_the_clock_is_stepped(
    directory_site: Site, clips: Clips, wall_clock: WallClock, step: int
) -> None:
    site = directory_site
    with ExecutorProcess(settings=site.settings, environment=wall_clock.environment) as one:
        one.wait_for(event="listening")
        (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=12_200)])
        one.wait_for(event="completed", task=task)
        wall_clock.step(step)
        one.wait_for(event="wall_clock_stepped")
        one.wait_for(event="completed", task=site.insert_again())
