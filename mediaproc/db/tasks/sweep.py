"""Find and forget the objects of claims that did not win; known from attempt rows, never by listing the bucket."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, case, exists, func, null, select, update

from mediaproc.core.lifecycle import AttemptOutcome
from mediaproc.db.schema import media_process_attempt, media_process_history

_attempt = media_process_attempt.c

# A zombie may end its upload after the first pass over its attempt; the second pass finds that object.
_SECOND_PASS_AFTER = timedelta(days=1)
# When the sweep tries again to remove an object that the store kept.
_NEXT_TRY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class LoserOutput:
    """Where a claim that did not win may have left an object."""

    claim_token: UUID
    task_id: int
    key: str


def losers_outputs(connection: Connection, *, bucket: str, limit: int = 100) -> list[LoserOutput]:
    """The outputs to remove now; never one that history names."""
    rows = connection.execute(
        select(_attempt.claim_token, _attempt.task_id, _attempt.output_key)
        .where(
            is_left_by_a_loser(bucket=bucket),
            # The attempt's row says that it did not win; history decides.
            ~exists(
                select(1).where(
                    media_process_history.c.output_key == _attempt.output_key,
                    media_process_history.c.claim_token == _attempt.claim_token,
                )
            ),
        )
        .order_by(_attempt.sweep_after)
        .limit(limit)
    )
    return [LoserOutput(claim_token=row.claim_token, task_id=row.task_id, key=row.output_key) for row in rows]


def is_left_by_a_loser(*, bucket: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether the attempt ended without winning, and its object is to be swept now."""
    return and_(
        _attempt.sweep_after <= func.now(),
        _attempt.output_bucket == bucket,
        _attempt.outcome.is_not(None),
        _attempt.outcome != AttemptOutcome.COMPLETED,
    )


def mark_swept(connection: Connection, *, claim_token: UUID) -> None:
    """The attempt's object is removed: the sweep comes once more a day after the attempt ended, then never again."""
    second_pass = _attempt.finished_at + _SECOND_PASS_AFTER
    connection.execute(
        update(media_process_attempt)
        .where(_attempt.claim_token == claim_token)
        .values(sweep_after=case((second_pass > func.now(), second_pass), else_=null()))
    )


def postpone(connection: Connection, *, claim_token: UUID) -> None:
    """The store kept the attempt's object: the sweep tries it again in an hour."""
    connection.execute(
        update(media_process_attempt)
        .where(_attempt.claim_token == claim_token)
        .values(sweep_after=func.now() + _NEXT_TRY_AFTER)
    )
