"""The tasks of a selection, batch by batch, for an act: each is met once, and its row is locked while it is changed.

The order is that of enqueueing, and what was enqueued after the act began is left alone. So an act ends, however many
tasks come in.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select, text, union_all
from sqlalchemy.exc import OperationalError

from mediaproc.core.selection import Selection
from mediaproc.db.ids import is_among
from mediaproc.db.schema import media_process
from mediaproc.db.selection import Cursor, in_order, is_behind, is_open_task_of, looking, open_tasks_of

_task = media_process.c

# Seconds for which an act waits for a row that another session has locked.
_PATIENCE = 1
_LOCK_NOT_AVAILABLE = "55P03"


def beginning(connection: Connection) -> datetime:
    """The database's time, behind which an act meets no task."""
    begins: datetime = connection.execute(select(func.now())).scalar_one()
    return begins


def batch(
    connection: Connection, *, selection: Selection, until: datetime, after: Cursor | None, limit: int
) -> list[Cursor]:
    """The next tasks that are not done, the oldest first; none is locked yet.

    Raises:
        WrongUse: it took too long to find them.
    """
    parts = (
        select(_task.created_at, _task.id)
        .where(part, _task.created_at <= until, is_behind(_task, after, descending=False))
        .order_by(*in_order(_task, descending=False))
        .limit(limit)
        for part in open_tasks_of(selection)
    )
    every = union_all(*(select(part.subquery()) for part in parts)).subquery()
    found = select(every).order_by(*in_order(every.c, descending=False)).limit(limit)
    with looking(connection):
        return [Cursor(created_at=row.created_at, id=row.id) for row in connection.execute(found)]


def lock_free(connection: Connection, *, selection: Selection, ids: Collection[int]) -> frozenset[int]:
    """Lock those of the tasks that are of the selection now, too, and whose rows no other session has locked.

    The next statement waits for no lock of theirs, and reads all tables as of now.
    """
    free = select(_task.id).where(is_among(_task.id, ids), is_open_task_of(selection))
    return frozenset(connection.scalars(free.order_by(_task.id).with_for_update(skip_locked=True)))


def still_of(connection: Connection, *, selection: Selection, ids: Collection[int]) -> frozenset[int]:
    """Those of the tasks that are of the selection, whoever has locked their rows."""
    return frozenset(connection.scalars(select(_task.id).where(is_among(_task.id, ids), is_open_task_of(selection))))


def await_one(connection: Connection, *, selection: Selection, task_id: int) -> bool | None:
    """Lock the task's row, if it is of the selection, as soon as the session that has locked it lets go.

    Returns None when that took too long; then nothing else can be done in this transaction.
    """
    connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}s'"))
    one = select(_task.id).where(_task.id == task_id, is_open_task_of(selection)).with_for_update()
    try:
        return connection.scalar(one) is not None
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return None
