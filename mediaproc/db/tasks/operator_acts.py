"""What a person may do to tasks: retry, cancel and reject them, change their priority. Each is one guarded statement.

Each takes the ids of tasks and returns those that it changed; the others are in no status for it, or not there.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import AttemptOutcome, Status
from mediaproc.core.message import MessageType
from mediaproc.db.ids import is_among
from mediaproc.db.notifications import notify_any_due, notify_due, notify_ended
from mediaproc.db.outbox import tell_of_end, tell_of_task
from mediaproc.db.schema import media_process, media_process_attempt, media_process_history
from mediaproc.db.tasks.claim_order import position_of, start_of
from mediaproc.db.tasks.row_locks import await_rows
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c
_attempt = media_process_attempt.c
_history = media_process_history.c


def retry(connection: Connection, *, ids: Collection[int]) -> frozenset[int]:
    """Make the tasks due now, without a strike; none that is processing.

    Earlier releases no longer count either: the person has mended their cause.
    """
    retried = connection.scalars(
        update(media_process)
        .where(is_among(_task.id, ids), _task.status.in_([Status.PENDING, Status.FAILED, Status.REJECTED]))
        .values(
            status=Status.PENDING,
            fail_count=0,
            retried_after=_task.attempt,
            next_attempt_at=func.now(),
            error_class=null(),
            error=null(),
            updated_at=func.now(),
        )
        # Of many one notification is sent, however many rows ask for it: the same twice is sent once.
        .returning(_task.id, notify_due(_task.id) if len(ids) == 1 else notify_any_due())
    )
    return frozenset(retried)


def set_priority(connection: Connection, *, ids: Collection[int], priority: int) -> frozenset[int]:
    """Give the tasks this priority, and the position that they would have with it, whatever their status.

    One that is processing has them from its next claim on.
    """
    changed = connection.scalars(
        update(media_process)
        .where(is_among(_task.id, ids))
        .values(
            priority=priority,
            position=position_of(start_of(media_process), priority=literal(priority, _task.priority.type)),
            updated_at=func.now(),
        )
        .returning(_task.id)
    )
    return frozenset(changed)


def reject(connection: Connection, *, ids: Collection[int], because: str) -> frozenset[int]:
    """Reject the tasks with this sentence; an executor that works on one finds its token gone.

    None that is rejected already: it keeps its reason.
    """
    await_rows(connection, task_ids=ids)
    held = (
        select(_task.id, _task.claim_token)
        .where(is_among(_task.id, ids), _task.status != Status.REJECTED)
        .cte("rejected_claims")
    )
    rejected = (
        update(media_process)
        .where(_task.id == held.c.id, _task.status != Status.REJECTED)
        .values(**UNCLAIMED, status=Status.REJECTED, error_class=str(ErrorClass.BY_PERSON), error=because)
        # The row that RETURNING shows has lost its token already.
        .returning(*media_process.c, held.c.claim_token.label("ended_token"))
        .cte("rejected_tasks")
    )
    finished = _end_attempts(rejected.c.ended_token).values(error_class=str(ErrorClass.BY_PERSON), error=because)
    told = tell_of_task(rejected, type_=MessageType.REJECTED)
    found = select(rejected.c.id, _tell_ended(rejected.c.ended_token)).add_cte(finished.cte("ended_attempts"), told)
    return frozenset(connection.scalars(found))


def cancel(connection: Connection, *, ids: Collection[int]) -> frozenset[int]:
    """Move the tasks to history as cancelled; an executor that works on one finds its token gone."""
    # Else a claim that is committed while this statement waits would leave it a token without the attempt to end.
    await_rows(connection, task_ids=ids)
    carried = [
        "id", "file_id", "profile", "filename", "tenant", "bucket", "object_key", "priority", "fail_count", "attempt",
        "claimed_by", "claimed_at", "error_class", "error", "created_at", "request_key",
    ]  # fmt: skip
    cancelled = delete(media_process).where(is_among(_task.id, ids)).returning(*media_process.c).cte("cancelled_tasks")
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
    finished = _end_attempts(cancelled.c.claim_token).cte("cancelled_attempts")
    told = tell_of_end(history, type_=MessageType.CANCELLED)
    moved = select(history.c.id, _tell_ended(history.c.claim_token)).add_cte(finished, told)
    return frozenset(connection.scalars(moved))


def _end_attempts(claim_token: ColumnElement[Any]) -> Update:
    return (
        update(media_process_attempt)
        .where(_attempt.claim_token == claim_token, _attempt.outcome.is_(None))
        .values(outcome=AttemptOutcome.CANCELLED, finished_at=func.now())
    )


def _tell_ended(claim_token: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of a task that was claimed, its executor is notified."""
    return case((claim_token.is_not(None), notify_ended(claim_token)))
