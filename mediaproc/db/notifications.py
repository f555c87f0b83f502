"""The notifications between processes, which PostgreSQL sends when the transaction commits that they belong to."""

from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, func

from mediaproc.db.executor_registry import count_living

# A task is due; the payload is its id.
DUE = "mediaproc_due"
# An executor has lost its lock; the payload is its id.
LOCK_MISSING = "mediaproc_lock_missing"

# Of more executors than this none is notified of due tasks: their ticks find them. PostgreSQL wakes every connection
# that listens for every notification, whatever its channel, which costs it 35 microseconds of CPU for each of them. So
# the cost grows with the square of the fleet (docs/explanation/capacity.md).
MOST_NOTIFIED = 100

# The payload of DUE where too many tasks are due to name them.
ANY_TASK = "any"

# A person has ended a claim, or begins to watch it: whoever holds it is to ask at once by a heartbeat. The payload is
# its token.
ENDED = "mediaproc_ended"

# A task that waits at its executor could begin elsewhere; the payload is its id.
WANTED = "mediaproc_wanted"

# A pause or a schedule was changed; the payload means nothing.
CONTROL = "mediaproc_control"


def notify_control() -> ColumnElement[Any]:
    """A column of a statement that tells all listeners to read pauses and schedules anew; its value means nothing."""
    return func.pg_notify(CONTROL, "")


# A message to another program waits to be delivered; without a payload.
MESSAGE = "mediaproc_message"


def notify_due(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that notifies a small fleet's listeners of the task; its value means nothing."""
    return case((_is_small_fleet(), func.pg_notify(DUE, cast(task_id, String))))


def notify_any_due() -> ColumnElement[Any]:
    """A column of a statement that notifies a small fleet's listeners that tasks are due, whichever they are."""
    return case((_is_small_fleet(), func.pg_notify(DUE, ANY_TASK)))


def notify_ended(claim_token: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners that a claim was ended; its value means nothing.

    However large the fleet: a person waits for it, and few claims end so.
    """
    return func.pg_notify(ENDED, cast(claim_token, String))


def notify_watched(claim_token: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners that a person begins to watch a claim; its value means nothing.

    As `notify_ended`: to whoever holds it both mean the same.
    """
    return notify_ended(claim_token)


def _is_small_fleet() -> ColumnElement[bool]:
    """Whether at most MOST_NOTIFIED executors live; it reads one row more than these at most, once in a statement."""
    return count_living(at_most=MOST_NOTIFIED + 1) <= MOST_NOTIFIED


def notify_wanted(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners that another executor could begin the task now."""
    return func.pg_notify(WANTED, cast(task_id, String))


def notify_message() -> ColumnElement[Any]:
    """A column of a statement that tells a small fleet's listeners of a message; its value means nothing."""
    return case((_is_small_fleet(), func.pg_notify(MESSAGE, "")))


def notify_lock_missing(executor_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners of the executor; its value means nothing."""
    return func.pg_notify(LOCK_MISSING, cast(executor_id, String))
