"""The schedules of a site: each fires by its cron, as the settings have it or as a person changed it meanwhile.

What each executor does for itself (tick, compensation) is added by `add`. What one executor does for the whole site
at each fire (sweep, prune, deliveries, alarms) is added by `add_once_per_site`, in `mediaproc/scheduled_jobs.py`:

    schedule.add_once_per_site(ScheduleName.PRUNE, cron=settings.prune_cron, job=prune)

`prune` takes a `Run`, asks `run.keep()` between its steps and ends where that says no, and returns a sentence about
what it did, which `mediaproc schedules list` shows (None: "done"). A new schedule has its name in `core/schedule.py`
(`ScheduleName`, `ONCE_PER_SITE`), its default cron in `config/settings.py` (`..._cron`) and in `crons_of` below. Where
one cheap EXISTS tells that there is no work, it goes into `db/control.py` (`_work`): nothing is run then, and an idle
site pays nothing.

No executor is the leader. All read the table, in a statement that they make anyway. One that finds a fire due takes the
row's lock in a short transaction, plans the next fire and holds the run by a token for `HOLD` seconds. An executor that
dies in the middle holds it no longer than that; one that was taken for dead learns it by `Run.keep`. Times are the
database's.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import assert_never
from uuid import UUID, uuid4

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.config import Settings
from mediaproc.core.cron import Cron
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.schedule import Fire, Schedule, ScheduleName, cron_of, fire
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.db import schedules
from mediaproc.db.control import Control
from mediaproc.db.database import Database
from mediaproc.db.schedules import LocalRun
from mediaproc.scheduler import Scheduler, next_fires

# Seconds for which the right to a run is good without `Run.keep`.
HOLD = 120.0
# An executor's own runs are noted in the table once in so many seconds by the whole site.
_NOTED_EVERY = 120.0
# For which an end waits for the runs that have been told to end.
_END_PATIENCE = 2.0

_DONE = "done"


def crons_of(settings: Settings) -> Mapping[ScheduleName, Cron]:
    """The cron of each schedule as the settings have it."""
    return {
        ScheduleName.TICK: settings.cron,
        ScheduleName.COMPENSATION: settings.compensate_cron,
        ScheduleName.SWEEP: settings.sweep_cron,
        ScheduleName.PRUNE: settings.prune_cron,
        ScheduleName.DELIVERIES: settings.deliveries_cron,
        ScheduleName.ALARMS: settings.alarms_cron,
    }


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run for the site, which this executor makes; for one thread."""

    name: ScheduleName
    database: Database
    is_ending: threading.Event
    token: UUID = field(default_factory=uuid4)

    def keep(self) -> bool:
        """Hold the run for `HOLD` seconds more; False when it must end, since the executor drains or it lost the run.

        Raises:
            Unavailable, PartMissing
        """
        if self.is_ending.is_set():
            return False
        with self.database.single(waits_for_standby=False) as connection:
            return schedules.keep_run(connection, name=self.name, run_token=self.token, hold=HOLD)


@dataclass(kw_only=True)
class _Local:
    """A schedule of this executor alone: what its scheduler was told of it last, and its latest run."""

    default: Cron
    told: tuple[Cron, bool]
    requested_at: float | None = None
    latest: LocalRun | None = None
    ended_at: float = 0.0


@dataclass(kw_only=True)
class _OncePerSite:
    """A schedule of the site, and whether this executor is about it."""

    default: Cron
    job: Callable[[Run], str | None]
    busy: threading.Lock = field(default_factory=threading.Lock)


class SiteSchedule:
    """Fires jobs; `apply` is told what the table says, by one thread."""

    def __init__(self, database: Database, *, scheduler: Scheduler, log: FilteringBoundLogger) -> None:
        self._database = database
        self._scheduler = scheduler
        self._log = log
        self._local: dict[ScheduleName, _Local] = {}
        self._for_site: dict[ScheduleName, _OncePerSite] = {}
        self._is_ending = threading.Event()
        self._has_applied = False
        self._runs: set[Future[None]] = set()

    def add(self, name: ScheduleName, *, cron: Cron, job: Callable[[], str | None], later_by: float = 0.0) -> None:
        """Let this executor run `job` at each fire and once at the start; it returns a sentence, or None: "done"."""
        self._local[name] = _Local(default=cron, told=(cron, False))
        self._scheduler.add(name, cron=cron, job=partial(self._run_local, name, job), later_by=later_by)

    def add_once_per_site(self, name: ScheduleName, *, cron: Cron, job: Callable[[Run], str | None]) -> None:
        """Let one executor of the site run `job` at each fire."""
        self._for_site[name] = _OncePerSite(default=cron, job=job)

    def start(self) -> None:
        """Begin to fire."""
        self._scheduler.start()

    def end(self) -> None:
        """Fire no more; what runs for the site is told by `Run.keep` to end."""
        self._is_ending.set()
        self._scheduler.end()

    def wait_for_runs(self) -> None:
        """Wait a moment for what still runs for the site; whatever takes longer is left to the end of its hold."""
        wait(self._runs, timeout=_END_PATIENCE)

    def apply(self, control: Control) -> None:
        """Follow what the table says: change and run what is this executor's, take a fire of the site that is due."""
        for name, local in self._local.items():
            self._follow(name, local, control.schedules.get(name))
        self._has_applied = True
        if not self._is_ending.is_set():
            for name in self._for_site:
                self._take_if_due(name, control)
        self._note_runs(control)

    def _follow(self, name: ScheduleName, local: _Local, schedule: Schedule | None) -> None:
        wanted = (cron_of(schedule, default=local.default), schedule is not None and schedule.is_paused)
        if wanted != local.told:
            local.told = wanted
            self._scheduler.change(name, cron=wanted[0], is_paused=wanted[1])
            self._log.info("schedule_changed", job=name, cron=str(wanted[0]), paused=wanted[1])
        requested_at = None if schedule is None else schedule.requested_at
        # What was asked for before this executor started was not asked of it.
        if self._has_applied and requested_at is not None and requested_at > (local.requested_at or 0.0):
            self._scheduler.fire(name)
        local.requested_at = requested_at

    def _run_local(self, name: ScheduleName, job: Callable[[], str | None]) -> None:
        local, begun = self._local[name], clock.elapsed()
        outcome = "a bug: see the executor's log"
        try:
            outcome = job() or _DONE
        finally:
            local.ended_at = clock.elapsed()
            local.latest = LocalRun(name=name, took=local.ended_at - begun, ended_ago=0.0, outcome=outcome)

    def _take_if_due(self, name: ScheduleName, control: Control) -> None:
        schedule = control.schedules.get(name, Schedule(name=name))
        what = fire(schedule, now=control.now, has_work=control.may_have_work(name))
        if what is not Fire.WAIT and self._for_site[name].busy.acquire(blocking=False):
            run = run_in_daemon_thread(partial(self._run_for_site, name), name=name)
            self._runs = {run, *(each for each in self._runs if not each.done())}

    def _run_for_site(self, name: ScheduleName) -> None:
        job = self._for_site[name]
        try:
            run = self._taken(name)
            if run is not None:
                outcome = self._outcome(run, job=job.job)
                with self._database.single(waits_for_standby=False) as connection:
                    schedules.end_run(connection, name=name, run_token=run.token, outcome=outcome)
        except (Unavailable, PartMissing) as error:
            self._log.warning("schedule_waits", job=name, reason=str(error))
        finally:
            job.busy.release()

    def _taken(self, name: ScheduleName) -> Run | None:
        """The run, if it is this executor's; of several that try at once, one finds it due."""
        with self._database.write(waits_for_standby=False) as connection:
            locked = schedules.lock_schedule(connection, name=name)
            if locked is None:
                return None
            now, schedule = locked
            cron = cron_of(schedule, default=self._for_site[name].default)
            next_fire_at = next(next_fires(cron, after=now))
            match fire(schedule, now=now, has_work=True):
                case Fire.WAIT:
                    return None
                case Fire.PLAN:
                    schedules.plan(connection, name=name, next_fire_at=next_fire_at)
                    return None
                case Fire.RUN:
                    run = Run(name=name, database=self._database, is_ending=self._is_ending)
                    schedules.begin_run(
                        connection, name=name, run_token=run.token, hold=HOLD, next_fire_at=next_fire_at
                    )
                    return run
                case unknown:
                    assert_never(unknown)

    def _outcome(self, run: Run, *, job: Callable[[Run], str | None]) -> str:
        """What became of it, as a sentence; raises nothing."""
        try:
            return job(run) or _DONE
        except (Unavailable, PartMissing) as error:
            self._log.warning("schedule_failed", job=run.name, reason=str(error))
            return str(error)
        except Exception:  # noqa: BLE001 - logged
            self._log.exception("bug", job=run.name)
            return "a bug: see the executor's log"

    def _note_runs(self, control: Control) -> None:
        """Note this executor's own runs where the table's note of one is old; of many executors one does."""
        runs = [run for run in self._ended_runs() if not control.has_run_within(run.name, seconds=_NOTED_EVERY)]
        if not runs:
            return
        try:
            with self._database.single(waits_for_standby=False) as connection:
                schedules.note_local_runs(connection, runs=runs, older_than=_NOTED_EVERY)
        except (Unavailable, PartMissing) as error:
            self._log.info("runs_not_noted", reason=str(error))

    def _ended_runs(self) -> Iterable[LocalRun]:
        now = clock.elapsed()
        for local in self._local.values():
            if local.latest is not None:
                yield replace(local.latest, ended_ago=now - local.ended_at)
                local.latest = None
