"""The statement that inserts a task, and those that find and follow the tasks of a file."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import REAL, Connection, Integer, Text, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from mediaproc.core.lifecycle import Status
from mediaproc.core.position import LEAST_COST
from mediaproc.db.notifications import notify_due
from mediaproc.db.schema import media_files, media_process, media_process_history
from mediaproc.db.tasks.claim_order import position_of
from mediaproc.db.tenants import start_of_next

_file = media_files.c
_task = media_process.c
_history = media_process_history.c


@dataclass(frozen=True, kw_only=True)
class TaskOfFile:
    """A task that a file has or had; `state` is its status, or its outcome once it is in history."""

    id: int
    profile: str
    state: str
    is_new: bool = False


def live_tasks(connection: Connection, *, file_id: str) -> dict[str, TaskOfFile]:
    """The file's tasks that are not in history, by profile."""
    rows = connection.execute(select(_task.id, _task.profile, _task.status).where(_task.file_id == file_id))
    return {row.profile: TaskOfFile(id=row.id, profile=row.profile, state=row.status) for row in rows}


def finished_tasks(connection: Connection, *, file_id: str) -> dict[str, TaskOfFile]:
    """The file's tasks in history, the latest of each profile."""
    rows = connection.execute(
        select(_history.id, _history.profile, _history.outcome)
        # What is deleted is no rendition any more: the same bytes are a new file's.
        .where(_history.file_id == file_id, _history.outcome != "deleted")
        # The mapping keeps the last task of each profile.
        .order_by(_history.id)
    )
    return {row.profile: TaskOfFile(id=row.id, profile=row.profile, state=row.outcome) for row in rows}


def insert_task(
    connection: Connection,
    *,
    file_id: str,
    profile: str,
    filename: str,
    priority: int,
    tenant: str = "",
    cost: float = LEAST_COST,
    request_key: str | None = None,
) -> TaskOfFile:
    """Insert a task, pending and due by the defaults of its columns (`db/schema/tasks.py`), behind its tenant's last.

    `cost` is expected of it, in seconds of one slot's work; `request_key` is what its requester asked for.

    The transaction has locked the file's row by `store_file`, and `live_tasks` has shown no task for this profile.
    Without that check the insert would wait, by the unique key, until a settle has deleted the old task, while the
    settle waits for the file's row: a deadlock.
    """
    given = {
        "of_file": file_id,
        "of_profile": profile,
        "of_name": filename,
        "of_priority": priority,
        "of_tenant": tenant,
        "of_cost": max(cost, LEAST_COST),
    }
    if request_key is not None:
        given["of_request"] = request_key
    inserted = connection.execute(_insertion(is_requested=request_key is not None), given).one()
    return TaskOfFile(id=inserted.id, profile=profile, state=Status.PENDING, is_new=True)


@cache
def _insertion(*, is_requested: bool) -> ReturningInsert[Any]:
    """Built once, since SQLAlchemy takes longer to build it than PostgreSQL to run it."""
    start = start_of_next(tenant="of_tenant", cost="of_cost")
    priority = bindparam("of_priority", type_=Integer)
    row = {
        "file_id": _file.id,
        "profile": bindparam("of_profile", type_=Text),
        "filename": bindparam("of_name", type_=Text),
        "bucket": _file.bucket,
        "object_key": _file.object_key,
        "priority": priority,
        "tenant": bindparam("of_tenant", type_=Text),
        "position": position_of(select(start.c.last_start).scalar_subquery(), priority=priority),
        "expected_cost": bindparam("of_cost", type_=REAL),
    }
    if is_requested:
        row["request_key"] = bindparam("of_request", type_=Text)
    return (
        insert(media_process)
        .from_select(list(row), select(*row.values()).where(_file.id == bindparam("of_file", type_=Text)))
        # PostgreSQL sends the notification when this transaction commits, so never before the bytes are stored.
        .returning(_task.id, notify_due(_task.id))
    )


def follow_file(connection: Connection, *, file_id: str) -> None:
    """Point the file's tasks that nobody works on at its present object, after the site has got another store."""
    idle = (
        select(_task.id)
        .where(_task.file_id == file_id, _task.status != Status.PROCESSING)
        .with_for_update(skip_locked=True)
    )
    connection.execute(
        update(media_process)
        .where(
            _task.id.in_(idle),
            _file.id == _task.file_id,
            tuple_(_task.bucket, _task.object_key) != tuple_(_file.bucket, _file.object_key),
        )
        .values(bucket=_file.bucket, object_key=_file.object_key, updated_at=func.now())
    )
