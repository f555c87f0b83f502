import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import apscheduler.schedulers.base
import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, JobExecutionEvent
from structlog.testing import capture_logs

from mediaproc import clock, log
from mediaproc.core.cron import Cron
from mediaproc.scheduler import Scheduler
from tests.parts.waiting import until

EVERY_SECOND, NEVER = Cron.parse("* * * * * *"), Cron.parse("0 0 0 29 2 *")
PATIENCE = 30.0
# Firings of an hourly job that are missed.
MISSED = 5


@pytest.fixture
def schedule() -> Iterator[Scheduler]:
    made = Scheduler(log=log.get())
    yield made
    made.end()


def test_a_job_runs_once_at_the_start_and_then_by_its_cron(schedule: Scheduler) -> None:
    at_the_start, by_cron = threading.Semaphore(0), threading.Semaphore(0)
    schedule.add("seldom", cron=NEVER, job=at_the_start.release)
    schedule.add("often", cron=EVERY_SECOND, job=by_cron.release)
    schedule.start()
    assert at_the_start.acquire(timeout=PATIENCE)
    assert all(by_cron.acquire(timeout=PATIENCE) for _ in range(3))
    assert not at_the_start.acquire(blocking=False)


def test_a_job_is_fired_later_than_its_cron_by_the_offset() -> None:
    offset = timedelta(seconds=0.125)
    schedule, times, thrice = Scheduler(log=log.get(), offset=offset.total_seconds()), [], threading.Semaphore(0)

    def note(event: JobExecutionEvent) -> None:
        times.append(event.scheduled_run_time)
        thrice.release()

    schedule._scheduler.add_listener(note, EVENT_JOB_EXECUTED)  # noqa: SLF001 - when it was due, however late it ran
    schedule.add("often", cron=EVERY_SECOND, job=lambda: None)
    schedule.start()
    try:
        assert all(thrice.acquire(timeout=PATIENCE) for _ in range(4))
    finally:
        schedule.end()
    # The first firing is at the start, whatever the cron says.
    assert {(time - offset).microsecond for time in times[1:]} == {0}


def test_an_overlapping_tick_is_discarded_and_counted(schedule: Scheduler) -> None:
    go_on, running, most = threading.Event(), threading.Semaphore(0), []
    inside = 0

    def slow() -> None:
        nonlocal inside
        inside += 1
        most.append(inside)
        running.release()
        go_on.wait(PATIENCE)
        inside -= 1

    with capture_logs() as lines:
        schedule.add("slow", cron=EVERY_SECOND, job=slow)
        schedule.start()
        assert running.acquire(timeout=PATIENCE)
        # The line is logged after the firing is counted.
        until(lambda: [line for line in lines if line["event"] == "tick_overlapped" and line["job"] == "slow"])
        go_on.set()
    assert schedule.overlaps["slow"] >= 1
    assert max(most) == 1


def test_a_bug_in_a_job_is_logged_and_the_next_tick_comes(schedule: Scheduler) -> None:
    calls = threading.Semaphore(0)

    def broken() -> None:
        calls.release()
        raise RuntimeError("a bug")

    with capture_logs() as lines:
        schedule.add("broken", cron=EVERY_SECOND, job=broken)
        schedule.start()
        assert all(calls.acquire(timeout=PATIENCE) for _ in range(3))
        # The bug is logged after the job is free for its next tick.
        until(lambda: [line for line in lines if line["event"] == "bug" and "a bug" in line["error"]])


@pytest.mark.parametrize(("coalesce", "runs"), [(True, 1), (False, MISSED)], ids=["as it is", "without coalescing"])
def test_missed_ticks_are_one_tick_however_many(
    schedule: Scheduler, monkeypatch: pytest.MonkeyPatch, *, coalesce: bool, runs: int
) -> None:
    """The schedule misses five firings; the second case shows that the test would see all five."""
    # Far from the next full hour, whatever the time is now.
    moved = datetime(2030, 1, 1, 0, 30, tzinfo=UTC) - datetime.now(tz=UTC)

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + moved

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Later)
    hourly, pulse = threading.Semaphore(0), threading.Semaphore(0)
    schedule.add("hourly", cron=Cron.parse("0 0 * * * *"), job=hourly.release)
    schedule.add("pulse", cron=EVERY_SECOND, job=pulse.release)
    schedule._scheduler.modify_job("hourly", coalesce=coalesce)  # noqa: SLF001 - what is taken away in the control
    schedule.start()
    assert hourly.acquire(timeout=PATIENCE)
    assert pulse.acquire(timeout=PATIENCE)
    moved += timedelta(hours=MISSED)
    assert all(hourly.acquire(timeout=PATIENCE) for _ in range(runs))
    # One more run would have come together with the others.
    assert all(pulse.acquire(timeout=PATIENCE) for _ in range(3))
    assert not hourly.acquire(blocking=False)


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_stepped_wall_clock_plans_the_ticks_anew(
    schedule: Scheduler, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    real = clock.wall_offset
    looked, stepped = threading.Semaphore(0), threading.Event()

    def wall_offset() -> float:
        offset = real() + (step if stepped.is_set() else 0.0)
        looked.release()
        return offset

    monkeypatch.setattr(clock, "wall_offset", wall_offset)
    with capture_logs() as lines:
        schedule.add("often", cron=EVERY_SECOND, job=lambda: None)
        schedule.start()
        assert looked.acquire(timeout=PATIENCE)
        stepped.set()
        until(lambda: [line for line in lines if line["event"] == "wall_clock_stepped"])
        # The step is logged once, however often the clock is checked.
        assert all(looked.acquire(timeout=PATIENCE) for _ in range(3))
    steps = [line["seconds"] for line in lines if line["event"] == "wall_clock_stepped"]
    assert steps == [pytest.approx(step, abs=1)]
