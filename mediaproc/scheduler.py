"""Fires jobs by their cron expressions, which may change meanwhile; the only file that knows APScheduler."""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.cron import Cron
from mediaproc.daemon_thread import run_in_daemon_thread

# Seconds by which wall clock and steady clock may come apart between two looks before the jobs are planned anew.
_CLOCK_STEP = 2.0
_LOOK_EVERY = 1.0


class _AtOnceThenByCron(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """Fires once when it is planned, then as the cron says, each time by `offset` later.

    One job for both: a one-off job for the start would be removed by its own end, in a race with the shutdown.
    """

    def __init__(self, cron: CronTrigger, *, offset: timedelta) -> None:
        self._cron = cron
        self._offset = offset

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next moment to fire, as APScheduler asks for it."""
        if previous_fire_time is None:
            return now
        named: datetime | None = self._cron.get_next_fire_time(previous_fire_time - self._offset, now - self._offset)
        return None if named is None else named + self._offset


@dataclass(kw_only=True)
class _Job:
    """A job of ours; `running` is held while it runs."""

    call: Callable[[], object]
    trigger: _AtOnceThenByCron
    later_by: float
    is_paused: bool = False
    running: threading.Lock = field(default_factory=threading.Lock)


class _DaemonThreads(BaseExecutor):  # type: ignore[misc]
    """Each firing in a thread of its own that keeps no process alive: Python waits for those of APScheduler's pool."""

    def _do_submit_job(self, job: Any, run_times: Sequence[datetime]) -> None:  # noqa: ANN401
        run_in_daemon_thread(partial(self._run, job, run_times), name=job.id)

    def _run(self, job: Any, run_times: Sequence[datetime]) -> None:  # noqa: ANN401
        try:
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)  # noqa: SLF001 - as each of APScheduler's executors
        except BaseException:  # noqa: BLE001 - told to the schedule's listeners
            self._run_job_error(job.id, *sys.exc_info()[1:])
        else:
            self._run_job_success(job.id, events)


class Scheduler:
    """Jobs by name; each runs once at the start, then by its cron, never two of one name at the same time."""

    def __init__(self, *, log: FilteringBoundLogger, offset: float = 0.0, overlaps: Counter[str] | None = None) -> None:
        """`offset`: seconds after the moments of a cron at which its job is fired; `overlaps` counts by job."""
        self._log = log
        self._offset = timedelta(seconds=offset)
        self._jobs: dict[str, _Job] = {}
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": _DaemonThreads()},
            # Ticks that were missed while the process stood still are one tick, however late.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._on_overlap, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(self._on_error, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        self._ended = threading.Event()
        self._clock_watch = threading.Thread(target=self._watch_clock, name="clock-watch", daemon=True)
        self.overlaps: Counter[str] = Counter() if overlaps is None else overlaps

    def add(self, name: str, *, cron: Cron, job: Callable[[], object], later_by: float = 0.0) -> None:
        """Fire `job` at the times that `cron` names (UTC), both offsets later, and once at the start."""
        trigger = self._trigger(cron, later_by=later_by)
        self._jobs[name] = _Job(call=job, trigger=trigger, later_by=later_by)
        self._scheduler.add_job(partial(self._run, name), trigger, id=name, name=name)

    def change(self, name: str, *, cron: Cron, is_paused: bool) -> None:
        """Fire the job by this cron from now on, and once at once; or, while it is paused, not at all."""
        job = self._jobs[name]
        job.trigger, job.is_paused = self._trigger(cron, later_by=job.later_by), is_paused
        if is_paused:
            self._scheduler.pause_job(name)
            self._scheduler.modify_job(name, trigger=job.trigger)
        else:
            self._scheduler.reschedule_job(name, trigger=job.trigger)

    def fire(self, name: str) -> None:
        """Run the job once now, unless it runs already; one that is paused stays so."""
        run_in_daemon_thread(partial(self._run_or_log, name), name=name)

    def _trigger(self, cron: Cron, *, later_by: float) -> _AtOnceThenByCron:
        return _AtOnceThenByCron(_by_cron(cron), offset=self._offset + timedelta(seconds=later_by))

    def _run(self, name: str) -> None:
        job = self._jobs[name]
        if not job.running.acquire(blocking=False):
            self._note_overlap(name)
            return
        try:
            job.call()
        finally:
            job.running.release()

    def _run_or_log(self, name: str) -> None:
        try:
            self._run(name)
        except Exception:  # noqa: BLE001 - logged
            self._log.exception("bug", job=name)

    def start(self) -> None:
        """Begin to fire, from threads of its own."""
        self._scheduler.start()
        self._clock_watch.start()

    def end(self) -> None:
        """Fire no more; a job that runs right now goes on to its end."""
        self._ended.set()
        self._scheduler.shutdown(wait=False)

    def _on_overlap(self, event: JobExecutionEvent) -> None:
        self._note_overlap(event.job_id)

    def _note_overlap(self, name: str) -> None:
        self.overlaps[name] += 1
        self._log.warning("tick_overlapped", job=name, overlaps=self.overlaps[name])

    def _on_error(self, event: JobExecutionEvent) -> None:
        self._log.error("bug", job=event.job_id, error=repr(event.exception), traceback=event.traceback)

    def _watch_clock(self) -> None:
        """Plan anew when the wall clock is stepped: stepped back an hour, the next tick would be an hour away."""
        offset = clock.wall_offset()
        while not self._ended.wait(_LOOK_EVERY):
            step = clock.wall_offset() - offset
            if abs(step) > _CLOCK_STEP:
                offset += step
                self._log.warning("wall_clock_stepped", seconds=round(step, 1), consequence="ticks are planned anew")
                for name, job in self._jobs.items():
                    if not job.is_paused:
                        self._scheduler.reschedule_job(name, trigger=job.trigger)


def next_fires(cron: Cron, *, after: float) -> Iterator[float]:
    """The moments that the cron names after this one, the soonest first; all in seconds since 1970."""
    by_cron, latest = _by_cron(cron), datetime.fromtimestamp(after, tz=UTC)
    while True:
        # A microsecond later, since the trigger would give a moment that it names itself.
        latest = by_cron.get_next_fire_time(None, latest + timedelta(microseconds=1))
        if latest is None:
            return
        yield latest.timestamp()


def _by_cron(cron: Cron) -> CronTrigger:
    return CronTrigger(
        second=cron.second,
        minute=cron.minute,
        hour=cron.hour,
        day=cron.day,
        month=cron.month,
        day_of_week=cron.day_of_week,
        timezone="UTC",
    )
