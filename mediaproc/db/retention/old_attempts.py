"""Attempts that are old: first the ends of their logs go, then their rows, long after their tasks ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, null, select, text, tuple_, update

from mediaproc.db.ids import is_claim_among
from mediaproc.db.schema import media_process, media_process_attempt, media_process_history

_attempt = media_process_attempt.c
_history = media_process_history.c

# As the partial index has it; a literal, from which a generic plan can prove that the index applies.
_HAS_LOG_TAIL = "media_process_attempt.log_tail IS NOT NULL"


@dataclass(frozen=True, kw_only=True)
class OldAttempt:
    """An attempt that began so long ago, and where the next look goes on."""

    claim_token: UUID
    started_at: datetime


def clear_log_tails(connection: Connection, *, keep: float, limit: int, since: datetime | None) -> list[datetime]:
    """Forget the log tails of attempts that ended more than `keep` seconds ago, the oldest first.

    Returns when each of them ended. `since` is the latest end of the batch before: what was cleared there is still in
    the index, as dead entries, until it is vacuumed.
    """
    old = (
        select(_attempt.claim_token)
        .where(text(_HAS_LOG_TAIL), _attempt.finished_at < func.now() - timedelta(seconds=keep))
        .order_by(_attempt.finished_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if since is not None:
        old = old.where(_attempt.finished_at >= since)
    return list(
        connection.scalars(
            update(media_process_attempt)
            .where(_attempt.claim_token.in_(old))
            .values(log_tail=null())
            .returning(_attempt.finished_at)
        )
    )


def old_attempts(connection: Connection, *, keep: float, limit: int, after: OldAttempt | None) -> list[OldAttempt]:
    """The attempts that began more than `keep` seconds ago, in the order of their begin, those after `after`.

    Also those of tasks that are not done yet, which stay: so the caller goes on from the last one that it looked at.
    """
    began = (
        select(_attempt.claim_token, _attempt.started_at)
        .where(_attempt.started_at < func.now() - timedelta(seconds=keep))
        .order_by(_attempt.started_at, _attempt.claim_token)
        .limit(limit)
    )
    if after is not None:
        began = began.where(tuple_(_attempt.started_at, _attempt.claim_token) > (after.started_at, after.claim_token))
    return [OldAttempt(claim_token=row.claim_token, started_at=row.started_at) for row in connection.execute(began)]


def delete_attempts(connection: Connection, *, keep: float, claim_tokens: Collection[UUID]) -> int:
    """Delete those of these attempts whose tasks ended more than `keep` seconds ago; returns how many.

    An attempt whose object is still to be swept stays: nothing else names that object.
    """
    over = (
        select(_attempt.claim_token)
        .where(is_claim_among(_attempt.claim_token, claim_tokens), _is_over(timedelta(seconds=keep)))
        .with_for_update(skip_locked=True)
    )
    gone = delete(media_process_attempt).where(_attempt.claim_token.in_(over)).returning(_attempt.claim_token)
    return len(connection.scalars(gone).all())


def _is_over(keep: timedelta) -> ColumnElement[bool]:
    """Whether the attempt and its task ended so long ago; a task may have left history before its attempts do."""
    return and_(
        _attempt.finished_at < func.now() - keep,
        _attempt.sweep_after.is_(None),
        ~exists(select(1).where(media_process.c.id == _attempt.task_id)),
        ~exists(select(1).where(_history.id == _attempt.task_id, _history.finished_at >= func.now() - keep)),
    )
