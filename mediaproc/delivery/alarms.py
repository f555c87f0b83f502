"""Looks whether the site needs a person, and tells webhooks so."""

from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from mediaproc.core.message import MessageType
from mediaproc.db import alarms
from mediaproc.db.database import Database


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """From when on there is an alarm: seconds, a number of tasks, seconds; 0: never."""

    backlog_age: float
    exhausted: int
    no_executor: float


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """Any number of executors may look: each alarm is told once."""

    database: Database
    thresholds: Thresholds
    log: FilteringBoundLogger

    def look(self) -> int:
        """Begin and end the alarms, as things are; returns how many begin.

        Raises:
            Unavailable, PartMissing: the database is away; the next look will do.
        """
        limits = self.thresholds
        with self.database.write() as connection:
            begun = {
                MessageType.BACKLOG_AGE: limits.backlog_age
                and alarms.watch_backlog(connection, older_than=limits.backlog_age),
                MessageType.TASKS_EXHAUSTED: limits.exhausted
                and alarms.watch_exhausted(connection, at_least=limits.exhausted),
                MessageType.NO_EXECUTOR: limits.no_executor
                and alarms.watch_executors(connection, older_than=limits.no_executor),
            }
            for type_, sentence in begun.items():
                if sentence == 0:
                    alarms.end_alarm(connection, type_=type_)
        told = {type_: sentence for type_, sentence in begun.items() if sentence}
        for type_, sentence in told.items():
            self.log.warning("alarm", type=str(type_), reason=sentence)
        return len(told)
