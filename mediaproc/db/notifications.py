"""The notifications between processes, which PostgreSQL sends when the transaction commits that they belong to."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, func

# A task is due; the payload is its id.
DUE = "mediaproc_due"
# An executor has lost its lock; the payload is its id.
LOCK_MISSING = "mediaproc_lock_missing"


def notify_due(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that notifies the listeners of the task; its value means nothing."""
    return func.pg_notify(DUE, cast(task_id, String))


def notify_lock_missing(executor_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of a statement that tells the listeners of the executor; its value means nothing."""
    return func.pg_notify(LOCK_MISSING, cast(executor_id, String))
