"""What persons and programs do to schedules: run one now, pause and resume it, give it another cron."""

from mediaproc.core.cron import Cron
from mediaproc.core.errors import MediaprocError
from mediaproc.core.schedule import ScheduleName
from mediaproc.db import audit, executor_registry, schedules
from mediaproc.db.database import Database


class ScheduleNotPaused(MediaprocError):
    """There is nothing to resume."""

    def __init__(self, name: ScheduleName) -> None:
        super().__init__(f"The schedule {name} is not paused: `mediaproc schedules list` shows what is.")


def run_now(database: Database, *, name: ScheduleName, actor: str) -> bool:
    """Ask the executors for one run now, also of a schedule that is paused; returns whether any of them lives."""
    with database.write() as connection:
        schedules.request_run(connection, name=name)
        audit.record(connection, actor=actor, act="schedule run", selection=name, count=1)
        return executor_registry.is_any_living(connection)


def pause_schedule(database: Database, *, name: ScheduleName, actor: str) -> bool:
    """Let it fire no more until it is resumed; what runs goes on. Returns False where it was paused already."""
    with database.write() as connection:
        is_new = schedules.set_paused(connection, name=name, is_paused=True, actor=actor)
        audit.record(connection, actor=actor, act="schedule pause", selection=name, count=int(is_new))
    return is_new


def resume_schedule(database: Database, *, name: ScheduleName, actor: str) -> None:
    """Let it fire again.

    Raises:
        ScheduleNotPaused
    """
    with database.write() as connection:
        if not schedules.set_paused(connection, name=name, is_paused=False, actor=actor):
            raise ScheduleNotPaused(name)
        audit.record(connection, actor=actor, act="schedule resume", selection=name, count=1)


def set_cron(database: Database, *, name: ScheduleName, cron: Cron | None, actor: str) -> bool:
    """Let it fire by this cron, or with None as the settings say; returns whether that is a change."""
    written = None if cron is None else str(cron)
    with database.write() as connection:
        is_new = schedules.set_cron(connection, name=name, cron=written, actor=actor)
        audit.record(
            connection, actor=actor, act="schedule set", selection=f"{name} {written or 'default'}", count=int(is_new)
        )
    return is_new
