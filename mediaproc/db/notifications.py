"""The notifications between processes, which PostgreSQL sends when the transaction commits that they belong to."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, func, literal_column, select

from mediaproc.db.schema import media_executor

# A task is due; the payload is its id.
DUE = "mediaproc_due"
# An executor has lost its lock; the payload is its id.
LOCK_MISSING = "mediaproc_lock_missing"

# Of more executors than this none is notified of due tasks: their ticks find them. PostgreSQL wakes every connection
# that listens for every notification, whatever its channel, which costs it 35 microseconds of CPU for each of them. So
# the cost grows with the square of the fleet (docs/explanation/capacity.md).
MOST_NOTIFIED = 100
# An executor without a heartbeat for so long does not count; more heartbeats than one fit in here.
_SEEN_WITHIN = timedelta(minutes=1)

_executor = media_executor.c


# A task that waits at its executor could begin elsewhere; the payload is its id.
WANTED = "mediaproc_wanted"


def notify_due(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that notifies a small fleet's listeners of the task; its value means nothing."""
    return case((_is_small_fleet(), func.pg_notify(DUE, cast(task_id, String))))


def _is_small_fleet() -> ColumnElement[bool]:
    """Whether at most MOST_NOTIFIED executors live; it reads one row more than these at most, once in a statement."""
    living = (
        select(literal_column("1").label("one"))
        .where(_executor.heartbeat_at > func.now() - _SEEN_WITHIN, _executor.state != "stopped")
        .limit(MOST_NOTIFIED + 1)
        .subquery("living")
    )
    return select(func.count() <= MOST_NOTIFIED).select_from(living).scalar_subquery()


def notify_wanted(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners that another executor could begin the task now."""
    return func.pg_notify(WANTED, cast(task_id, String))


def notify_lock_missing(executor_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners of the executor; its value means nothing."""
    return func.pg_notify(LOCK_MISSING, cast(executor_id, String))
