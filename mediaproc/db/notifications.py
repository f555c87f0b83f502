"""The notification that a task is due, which PostgreSQL sends when the transaction that made it due commits."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, func

CHANNEL = "mediaproc_due"


def notify_due(task_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column of a statement that notifies the listeners of the task; its value means nothing."""
    return func.pg_notify(CHANNEL, cast(task_id, String))
