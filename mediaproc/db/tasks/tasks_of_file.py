"""Inserts the tasks of one stored file, each once."""

from collections.abc import Mapping

from mediaproc.db.database import Connection
from mediaproc.db.tasks.insert import TaskOfFile, finished_tasks, follow_file, insert_task, live_tasks


def insert_tasks(
    connection: Connection,
    *,
    file_id: str,
    filename: str,
    costs: Mapping[str, float],
    priority: int,
    tenant: str,
    force: bool,
) -> tuple[TaskOfFile, ...]:
    """The task of each profile, new where the file has none; `costs` has what is expected of each profile's task.

    The transaction has locked the file's row by `files.store_file`.
    """
    had = tasks_of(connection, file_id=file_id, force=force)
    if had:
        follow_file(connection, file_id=file_id)
    return tuple(
        had.get(profile)
        or insert_task(
            connection,
            file_id=file_id,
            profile=profile,
            filename=filename,
            priority=priority,
            tenant=tenant,
            cost=cost,
        )
        for profile, cost in costs.items()
    )


def tasks_of(connection: Connection, *, file_id: str, force: bool) -> Mapping[str, TaskOfFile]:
    """The file's tasks by profile, with `force` without those in history."""
    live = live_tasks(connection, file_id=file_id)
    return live if force else finished_tasks(connection, file_id=file_id) | live
