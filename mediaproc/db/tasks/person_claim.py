"""The claim of a task by a person, who brings its rendition: of any that is not processing, due or not."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import AttemptOutcome, Status
from mediaproc.core.task import ClaimedTask
from mediaproc.db.schema import media_files, media_process, media_process_attempt
from mediaproc.db.tasks.claim import Claimant, claimed_values, recorded_attempts, task_of
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c
_attempt = media_process_attempt.c


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """A task that is not done, and where its source is; `size` in bytes."""

    id: int
    status: Status
    profile: str
    file_id: str
    bucket: str
    object_key: str
    size: int


def open_task(connection: Connection, *, task_id: int) -> OpenTask | None:
    """The task, unless it is done or was never there."""
    columns = (_task.id, _task.status, _task.profile, _task.file_id, _task.bucket, _task.object_key)
    found = (
        select(*columns, media_files.c.size)
        .join(media_files, media_files.c.id == _task.file_id)
        .where(_task.id == task_id)
    )
    row = connection.execute(found).mappings().one_or_none()
    return None if row is None else OpenTask(**(dict(row) | {"status": Status(row["status"])}))


def claim_for_person(connection: Connection, *, task_id: int, claimant: Claimant) -> tuple[ClaimedTask, Status] | None:
    """The task, now the claimant's, and its status before; None where it is processing or not there any more.

    Nothing but the claim is written: `give_back` makes the task what it was.
    """
    before = (
        select(_task.id, _task.status)
        .where(_task.id == task_id, _task.status != Status.PROCESSING)
        .with_for_update()
        .cte("task_before")
    )
    claimed = (
        update(media_process)
        .where(_task.id == before.c.id, _task.status != Status.PROCESSING)
        .values(claimed_values())
        .returning(*media_process.c, before.c.status.label("status_before"))
        .cte("claimed_task")
    )
    statement = (
        select(claimed, media_files.c.size, media_files.c.mime_type)
        .join(media_files, media_files.c.id == claimed.c.file_id)
        .add_cte(recorded_attempts(claimed))
    )
    values = {
        "claimant": claimant.executor_id,
        "lease": timedelta(seconds=claimant.lease),
        "own_index": claimant.shard.index,
        "own_total": claimant.shard.total,
    }
    row = connection.execute(statement, values).one_or_none()
    return None if row is None else (task_of(row), Status(row.status_before))


def give_back(
    connection: Connection, *, task_id: int, claim_token: UUID, status: Status, error_class: ErrorClass, error: str
) -> bool:
    """Make the task what it was before the claim, and record why; returns whether the claim was still held."""
    returned = (
        update(media_process)
        .where(_task.id == task_id, _task.claim_token == claim_token)
        .values(**UNCLAIMED, status=str(status))
        .returning(_task.id)
        .cte("returned_task")
    )
    finished = (
        update(media_process_attempt)
        .where(_attempt.claim_token == claim_token, _attempt.task_id == returned.c.id)
        .values(outcome=AttemptOutcome.RELEASED, finished_at=func.now(), error_class=str(error_class), error=error)
        .cte("finished_attempt")
    )
    return connection.execute(select(returned.c.id).add_cte(finished)).first() is not None
