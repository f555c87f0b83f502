"""Release the claims that nobody works on: their answer was lost, or their executor is gone.

A release costs no strike, unless the task was released for the same reason too often before.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, case, func, select, true, update

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import AttemptOutcome, Status, given_back_too_often, release_limit
from mediaproc.db.notifications import notify_due
from mediaproc.db.schema import media_process, media_process_attempt
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c
_attempt = media_process_attempt.c


def release_unknown(connection: Connection, *, executor_id: UUID, known: Collection[UUID]) -> int:
    """Release this executor's claims with tokens that it does not know; returns how many there were.

    The answer to such a claim was lost after its COMMIT, or its executor could not start a thread for it. Nobody works
    on it, and its task is not to blame.
    """
    return _release(
        connection,
        whose=and_(_task.claimed_by == executor_id, _task.claim_token.not_in(known)),
        error_class=ErrorClass.DATABASE_UNAVAILABLE,
        error="Nobody began to work on the claim: its answer was lost, or no thread could be started.",
    )


def release_all(connection: Connection) -> int:
    """Release every claim; returns how many there were. The caller knows that no executor lives."""
    return _release(
        connection, whose=true(), error_class=ErrorClass.DRAINED, error="Every executor of this machine had ended."
    )


def count_releases(connection: Connection, *, task_id: int, error_class: ErrorClass) -> int:
    """How many attempts at the task were released with this class since a person last retried it."""
    return connection.scalar(select(releases_before(error_class)).where(_task.id == task_id)) or 0


def _release(connection: Connection, *, whose: ColumnElement[bool], error_class: ErrorClass, error: str) -> int:
    held = select(_task.id, _task.claim_token).where(_task.status == Status.PROCESSING, whose).cte("held_claims")
    is_strike = releases_before(error_class) >= release_limit(error_class)
    strike_error = given_back_too_often(error, error_class=error_class)
    released = (
        update(media_process)
        .where(_task.id == held.c.id, _task.claim_token == held.c.claim_token)
        .values(
            **UNCLAIMED,
            status=case((is_strike, str(Status.FAILED)), else_=str(Status.PENDING)),
            fail_count=_task.fail_count + case((is_strike, 1), else_=0),
            error_class=case((is_strike, str(error_class)), else_=_task.error_class),
            error=case((is_strike, strike_error), else_=_task.error),
            next_attempt_at=func.now(),
        )
        .returning(_task.id, held.c.claim_token, (_task.status == Status.FAILED).label("has_strike"))
        .cte("released_tasks")
    )
    finished = (
        update(media_process_attempt)
        .where(_attempt.claim_token == released.c.claim_token)
        .values(
            outcome=case((released.c.has_strike, str(AttemptOutcome.FAILED)), else_=str(AttemptOutcome.RELEASED)),
            finished_at=func.now(),
            error_class=str(error_class),
            error=case((released.c.has_strike, strike_error), else_=error),
        )
        .cte("finished_attempts")
    )
    return len(connection.execute(select(released.c.id, notify_due(released.c.id)).add_cte(finished)).all())


def releases_before(error_class: ErrorClass) -> ScalarSelect[int]:
    """How often the enclosing statement's task was released with this class since a person last retried it."""
    return (
        select(func.count())
        .where(
            _attempt.task_id == _task.id,
            _attempt.attempt > _task.retried_after,
            _attempt.outcome == AttemptOutcome.RELEASED,
            _attempt.error_class == str(error_class),
        )
        .correlate(media_process)
        .scalar_subquery()
    )
