"""The look-up of a claim whose settling was not answered: it is settled, still held, or lost."""

from enum import Enum, auto
from uuid import UUID

from sqlalchemy import Connection, exists, func, select

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.lifecycle import AttemptOutcome, Status
from mediaproc.db.schema import media_process, media_process_attempt, media_process_history

_task = media_process.c
_attempt = media_process_attempt.c
_history = media_process_history.c


class Standing(Enum):
    """Where a claim stands after an attempt was to be settled: settled, still held, or lost to another writer."""

    SETTLED = auto()
    HELD = auto()
    LOST = auto()


def standing(connection: Connection, *, task_id: int, claim_token: UUID) -> Standing:
    """Where the claim stands. An executor asks this first when it got no answer to the settling of the claim.

    Raises:
        Unavailable: the server does not know the claim and is a standby, which may lag behind the primary.
    """
    settled, held, lags = connection.execute(
        select(
            exists(select(1).where(_history.claim_token == claim_token, _history.outcome == Status.COMPLETED))
            | exists(
                select(1).where(
                    _attempt.claim_token == claim_token,
                    _attempt.outcome.in_([AttemptOutcome.FAILED, AttemptOutcome.REJECTED, AttemptOutcome.RELEASED]),
                )
            ),
            exists(select(1).where(_task.id == task_id, _task.claim_token == claim_token)),
            func.pg_is_in_recovery(),
        )
    ).one()
    if settled or held:
        return Standing.SETTLED if settled else Standing.HELD
    if lags:
        connection.invalidate()
        raise Unavailable(
            "The database answers from a standby, which may not know yet what became of the claim.",
            error_class=ErrorClass.DATABASE_UNAVAILABLE,
        )
    return Standing.LOST
