"""What a person may do to a task: retry it, cancel it."""

from sqlalchemy import Connection, delete, func, insert, literal, null, select, update

from mediaproc.core.lifecycle import AttemptOutcome, Status
from mediaproc.core.message import MessageType
from mediaproc.db.notifications import notify_due
from mediaproc.db.outbox import tell_of_end
from mediaproc.db.schema import media_process, media_process_attempt, media_process_history
from mediaproc.db.tasks.row_locks import await_row

_task = media_process.c
_attempt = media_process_attempt.c
_history = media_process_history.c


def retry(connection: Connection, *, task_id: int) -> bool:
    """Make the task due now, without a strike; returns False when it is processing or not there.

    Earlier releases no longer count either: the person has mended their cause.
    """
    retried = connection.scalars(
        update(media_process)
        .where(_task.id == task_id, _task.status.in_([Status.PENDING, Status.FAILED, Status.REJECTED]))
        .values(
            status=Status.PENDING,
            fail_count=0,
            retried_after=_task.attempt,
            next_attempt_at=func.now(),
            error_class=null(),
            error=null(),
            updated_at=func.now(),
        )
        .returning(_task.id, notify_due(_task.id))
    )
    return retried.first() is not None


def cancel(connection: Connection, *, task_id: int) -> bool:
    """Move the task to history as cancelled, in one statement; an executor that works on it finds its token gone.

    Returns False when there is no such task (any more).
    """
    # Else a claim that is committed while this statement waits would leave it a token without the attempt to end.
    await_row(connection, task_id=task_id)
    carried = [
        "id", "file_id", "profile", "filename", "tenant", "bucket", "object_key", "priority", "fail_count", "attempt",
        "claimed_by", "claimed_at", "error_class", "error", "created_at",
    ]  # fmt: skip
    cancelled = delete(media_process).where(_task.id == task_id).returning(*media_process.c).cte("cancelled_task")
    finished = (
        update(media_process_attempt)
        .where(_attempt.claim_token == cancelled.c.claim_token, _attempt.outcome.is_(None))
        .values(outcome=AttemptOutcome.CANCELLED, finished_at=func.now())
        .cte("cancelled_attempt")
    )
    history = (
        insert(media_process_history)
        .from_select(
            [*carried, "claim_token", "outcome"],
            select(
                *(cancelled.c[name] for name in carried),
                cancelled.c.claim_token,
                literal(Status.CANCELLED, _history.outcome.type),
            ),
        )
        .returning(*_history)
        .cte("history")
    )
    told = tell_of_end(history, type_=MessageType.CANCELLED)
    return connection.scalars(select(history.c.id).add_cte(finished, told)).first() is not None
