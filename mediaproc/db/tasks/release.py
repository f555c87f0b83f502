"""Give back, without a strike, the claims that nobody works on: unheard, never begun, or of executors that are gone."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, select, true, update

from mediaproc.core.errors import ErrorClass
from mediaproc.db.listener import notify_due
from mediaproc.db.schema import media_process, media_process_attempt
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c


def release_unknown(connection: Connection, *, executor_id: UUID, known: Collection[UUID]) -> int:
    """Release this executor's claims with tokens that it does not know; returns how many there were.

    Such a claim was committed while its answer got lost, or could not be begun: nobody works on it, and nobody is to
    blame.
    """
    return _release(
        connection,
        whose=and_(_task.claimed_by == executor_id, _task.claim_token.not_in(known)),
        error_class=ErrorClass.DATABASE_UNAVAILABLE,
        error="Nobody began to work on the claim: its answer was lost, or no thread could be started.",
    )


def release_all(connection: Connection) -> int:
    """Release every claim there is, for whoever knows that no executor lives; returns how many there were."""
    return _release(
        connection, whose=true(), error_class=ErrorClass.DRAINED, error="Every executor of this machine had ended."
    )


def _release(connection: Connection, *, whose: ColumnElement[bool], error_class: ErrorClass, error: str) -> int:
    held = select(_task.id, _task.claim_token).where(_task.status == "processing", whose).cte("held_claims")
    released = (
        update(media_process)
        .where(_task.id == held.c.id, _task.claim_token == held.c.claim_token)
        .values(**UNCLAIMED, status="pending", next_attempt_at=func.now())
        .returning(_task.id, held.c.claim_token)
        .cte("released_tasks")
    )
    finished = (
        update(media_process_attempt)
        .where(media_process_attempt.c.claim_token == released.c.claim_token)
        .values(outcome="released", finished_at=func.now(), error_class=str(error_class), error=error)
        .cte("finished_attempts")
    )
    return len(connection.execute(select(released.c.id, notify_due(released.c.id)).add_cte(finished)).all())
