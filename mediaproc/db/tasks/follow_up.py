"""Settle a task that brought a source: its end and the source's own task are one transaction."""

from uuid import UUID

from sqlalchemy import Connection, select

from mediaproc.core.task import FollowUp, Rendition, Report
from mediaproc.db import files
from mediaproc.db.schema import media_process
from mediaproc.db.tasks.settle import settle_completed
from mediaproc.db.tasks.tasks_of_file import insert_tasks
from mediaproc.db.uploads import record_upload

_task = media_process.c


class FollowUpGone(Exception):
    """The source that the attempt brought was removed before the settle: nothing must be committed."""


def settle_with_follow_up(
    connection: Connection,
    *,
    task_id: int,
    claim_token: UUID,
    rendition: Rendition,
    follow_up: FollowUp,
    report: Report,
) -> bool:
    """Store the source, insert its task where it has none, and settle; returns whether the claim was still held.

    The row of the task that brought it is locked first, by its token: a zombie makes no task. The new task has the
    tenant and the priority of that one. A source that has its task already, or had, is joined to it.

    Raises:
        FollowUpGone: see there.
    """
    claimed = connection.execute(
        select(_task.tenant, _task.priority)
        .where(_task.id == task_id, _task.claim_token == claim_token)
        .with_for_update()
    ).first()
    if claimed is None:
        return False
    child_id = _task_of(connection, follow_up, tenant=claimed.tenant, priority=claimed.priority)
    return settle_completed(
        connection, task_id=task_id, claim_token=claim_token, rendition=rendition, report=report, child_id=child_id
    )


def _task_of(connection: Connection, follow_up: FollowUp, *, tenant: str, priority: int) -> int:
    is_stored = files.store_file(
        connection,
        file_id=follow_up.file_id,
        bucket=follow_up.bucket,
        object_key=follow_up.object_key,
        is_duplicate=follow_up.is_duplicate,
    )
    if not is_stored:
        raise FollowUpGone
    record_upload(connection, file_id=follow_up.file_id, tenant=tenant, filename=follow_up.filename)
    (task,) = insert_tasks(
        connection,
        file_id=follow_up.file_id,
        filename=follow_up.filename,
        costs={follow_up.profile: follow_up.cost},
        priority=priority,
        tenant=tenant,
        force=False,
    )
    return task.id
