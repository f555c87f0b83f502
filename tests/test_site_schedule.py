"""A fire of the site is run once, by whoever finds it due; changes of a schedule take effect while executors run."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from mediaproc import log, site_schedule
from mediaproc.core.cron import Cron
from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.schedule import Schedule, ScheduleName
from mediaproc.db import schedules
from mediaproc.db.control import Control, read_control
from mediaproc.db.database import Database
from mediaproc.scheduler import Scheduler, next_fires
from mediaproc.site_schedule import Run, SiteSchedule

SELDOM = Cron.parse("0 0 0 29 2 *")
PATIENCE = 30.0
PRUNE, TICK = ScheduleName.PRUNE, ScheduleName.TICK


class Site:
    """Two executors' schedules on one database; `ran` has a run for each time that one of them ran the job."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.database = engine, Database(engine)
        self.ran: list[Run] = []
        self.executors = [self.make(), self.make()]

    def make(self) -> SiteSchedule:
        made = SiteSchedule(self.database, scheduler=Scheduler(log=log.get()), log=log.get())
        made.add_once_per_site(PRUNE, cron=SELDOM, job=self.job)
        return made

    def job(self, run: Run) -> str | None:
        self.ran.append(run)
        return f"{len(self.ran)} rows deleted"

    def control(self) -> Control:
        with self.database.read() as connection:
            return read_control(connection, bucket="b", given_up_after=1.0)

    def prune(self) -> Schedule:
        return self.control().schedules[PRUNE]

    def set(self, changes: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(f"UPDATE media_schedule SET {changes} WHERE name = 'prune'"))  # noqa: S608

    def make_due(self) -> None:
        self.set("next_fire_at = now() - interval '1 s'")

    def all_look(self) -> None:
        """All executors find the same and try at the same moment; returns once each has ended what it did."""
        control = self.control()
        for executor in self.executors:
            executor.apply(control)
        for executor in self.executors:
            busy = executor._for_site[PRUNE].busy  # noqa: SLF001 - held while it is about the schedule
            assert busy.acquire(timeout=PATIENCE)
            busy.release()


@pytest.fixture
def site(engine: Engine) -> Site:
    made = Site(engine)
    # What was never planned is planned, not run.
    made.all_look()
    assert not made.ran
    return made


def test_executors_that_find_a_fire_due_at_once_run_it_once(site: Site) -> None:
    for fires in range(1, 6):
        site.make_due()
        site.all_look()
        assert len(site.ran) == fires
    assert site.prune().last_outcome == "5 rows deleted"
    assert site.prune().last_ended_at is not None
    assert site.prune().next_fire_at == next(next_fires(SELDOM, after=site.control().now))


def test_without_the_look_under_the_lock_it_would_run_twice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above: each acts on what it found before."""
    due = Schedule(name=PRUNE, next_fire_at=0.0)
    monkeypatch.setattr(schedules, "lock_schedule", lambda *_, **__: (1.0, due))
    site.make_due()
    site.all_look()
    assert len(site.ran) == 2


def test_one_that_holds_the_row_keeps_nobody_waiting(site: Site, engine: Engine) -> None:
    site.make_due()
    with engine.begin() as other:
        assert schedules.lock_schedule(other, name=PRUNE) is not None
        site.all_look()
        assert not site.ran


def test_who_died_in_the_middle_blocks_the_next_fire_for_no_longer_than_its_hold(site: Site) -> None:
    site.set("run_token = gen_random_uuid(), held_until = now() + interval '1 h', next_fire_at = now()")
    site.all_look()
    assert not site.ran
    site.set("held_until = now()")
    site.all_look()
    assert len(site.ran) == 1


def test_who_was_taken_for_dead_learns_it_and_changes_nothing(site: Site) -> None:
    run = Run(name=PRUNE, database=site.database, is_ending=threading.Event())
    site.set(f"run_token = '{run.token}', held_until = now()")
    assert run.keep()
    assert (site.prune().held_until or 0.0) > site.control().now + site_schedule.HOLD / 2
    site.set("held_until = now(), next_fire_at = now()")
    site.all_look()
    assert len(site.ran) == 1
    assert not run.keep()
    with site.database.write() as connection:
        assert not schedules.end_run(connection, name=PRUNE, run_token=run.token, outcome="of a zombie")
    assert site.prune().last_outcome == "1 rows deleted"


def test_a_drain_tells_a_long_run_to_end(site: Site) -> None:
    run = Run(name=PRUNE, database=site.database, is_ending=threading.Event())
    site.set(f"run_token = '{run.token}', held_until = now() + interval '1 h'")
    run.is_ending.set()
    assert not run.keep()


def test_it_runs_once_when_a_person_asks_also_while_it_is_paused(site: Site) -> None:
    with site.database.write() as connection:
        assert schedules.set_paused(connection, name=PRUNE, is_paused=True, actor="ann@desk")
        assert not schedules.set_paused(connection, name=PRUNE, is_paused=True, actor="bob@desk")
    site.make_due()
    site.all_look()
    assert not site.ran
    with site.database.write() as connection:
        schedules.request_run(connection, name=PRUNE)
    site.all_look()
    site.all_look()
    assert len(site.ran) == 1
    assert (site.prune().paused_by, site.prune().requested_at) == ("ann@desk", None)


def test_a_new_cron_is_planned_anew_and_runs_nothing_at_once(site: Site) -> None:
    site.make_due()
    hourly = "0 * * * *"
    with site.database.write() as connection:
        assert schedules.set_cron(connection, name=PRUNE, cron=hourly, actor="ann@desk")
        assert not schedules.set_cron(connection, name=PRUNE, cron=hourly, actor="bob@desk")
    site.all_look()
    assert not site.ran
    assert site.prune().next_fire_at == next(next_fires(Cron.parse(hourly), after=site.control().now))
    assert site.prune().changed_by == "ann@desk"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Unavailable("The store is away.", error_class=ErrorClass.STORE_UNAVAILABLE), "The store is away."),
        (RuntimeError("a bug"), "a bug: see the executor's log"),
    ],
)
def test_a_run_that_fails_says_so_and_the_next_one_comes(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    def fails(_run: Run) -> str:
        raise error

    for executor in site.executors:
        monkeypatch.setattr(executor._for_site[PRUNE], "job", fails)  # noqa: SLF001
    site.make_due()
    site.all_look()
    assert site.prune().last_outcome == says
    monkeypatch.undo()
    site.make_due()
    site.all_look()
    assert len(site.ran) == 1


def test_an_executors_own_schedule_is_changed_while_it_runs(engine: Engine) -> None:
    """A paused tick fires no more, runs once when asked, and fires at once when it is resumed."""
    fired = threading.Semaphore(0)
    database = Database(engine)
    executor = SiteSchedule(database, scheduler=Scheduler(log=log.get()), log=log.get())
    executor.add(TICK, cron=Cron.parse("* * * * * *"), job=fired.release)
    paused = Schedule(name=TICK, is_paused=True, paused_by="ann@desk")
    executor.apply(Control(now=1.0, schedules={TICK: paused}))
    executor.start()
    try:
        executor.apply(Control(now=2.0, schedules={TICK: Schedule(name=TICK, is_paused=True, requested_at=1.5)}))
        assert fired.acquire(timeout=PATIENCE)
        executor.apply(Control(now=3.0, schedules={TICK: Schedule(name=TICK, is_paused=True, requested_at=1.5)}))
        assert not fired.acquire(timeout=1.2)
        executor.apply(Control(now=4.0, schedules={TICK: Schedule(name=TICK, cron=str(SELDOM), changed_by="a")}))
        assert fired.acquire(timeout=PATIENCE)
        executor.apply(Control(now=5.0))
        assert all(fired.acquire(timeout=PATIENCE) for _ in range(3))
    finally:
        executor.end()


def test_own_runs_are_noted_once_by_many_executors(engine: Engine) -> None:
    database = Database(engine)
    written: list[str] = []

    def note(outcome: str) -> None:
        run = schedules.LocalRun(name=TICK, took=2.0, ended_ago=1.0, outcome=outcome)
        with database.single() as connection:
            schedules.note_local_runs(connection, runs=[run], older_than=60.0)
        with database.read() as connection:
            control = read_control(connection, bucket="b", given_up_after=1.0)
        assert control.has_run_within(TICK, seconds=60.0)
        written.append(control.schedules[TICK].last_outcome or "")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(note, map(str, range(20))))
    assert len(written) == 20
    assert len(set(written)) == 1


def test_the_next_fires_are_those_of_the_cron() -> None:
    fires = next_fires(Cron.parse("*/20 * * * * *"), after=1_000_000_000.0)
    assert [next(fires) for _ in range(3)] == [1_000_000_000.0 + seconds for seconds in (20.0, 40.0, 60.0)]
