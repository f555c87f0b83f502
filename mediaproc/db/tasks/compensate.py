"""Fail the processing rows whose lease ran out; any executor may run it, no leader is needed."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, and_, func, literal, select, update

from mediaproc.core.errors import ErrorClass
from mediaproc.db.schema import media_process, media_process_attempt
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c
_attempt = media_process_attempt.c

_SENTENCE = "The executor that worked on it did not renew its lease: it died, or was cut off."


@dataclass(frozen=True, kw_only=True)
class LostClaim:
    """A claim that compensation ended; `fail_count` includes its strike."""

    task_id: int
    claim_token: UUID
    claimed_by: UUID
    attempt: int
    fail_count: int


def compensate(connection: Connection, *, hold_off: float) -> list[LostClaim]:
    """The claims whose lease has run out, each failed with a strike and due at once.

    Holds off while the database itself has been up for less than `hold_off` seconds, so that living executors renew
    before they are judged by a time in which they could not. The UPDATE repeats the guard with the token that the
    SELECT saw: a renewal or a settling that comes between them wins.
    """
    expired = (
        select(_task.id, _task.claim_token, _task.claimed_by)
        .where(
            _task.status == "processing",
            _task.lease_expires_at < func.now(),
            func.pg_postmaster_start_time() < func.now() - timedelta(seconds=hold_off),
        )
        .cte("expired_claims")
    )
    lost = (
        update(media_process)
        .where(
            and_(
                _task.id == expired.c.id,
                _task.claim_token == expired.c.claim_token,
                _task.lease_expires_at < func.now(),
            )
        )
        .values(
            **UNCLAIMED,
            status="failed",
            fail_count=_task.fail_count + 1,
            next_attempt_at=func.now(),
            error_class=str(ErrorClass.LOST),
            error=_SENTENCE,
        )
        .returning(_task.id, _task.attempt, _task.fail_count, expired.c.claim_token, expired.c.claimed_by)
        .cte("lost_tasks")
    )
    recorded = (
        update(media_process_attempt)
        .where(_attempt.claim_token == lost.c.claim_token)
        .values(
            outcome="lost",
            finished_at=func.now(),
            error_class=literal(str(ErrorClass.LOST)),
            error=_SENTENCE,
        )
        .cte("lost_attempts")
    )
    rows = connection.execute(select(lost).add_cte(recorded))
    return [
        LostClaim(
            task_id=row.id,
            claim_token=row.claim_token,
            claimed_by=row.claimed_by,
            attempt=row.attempt,
            fail_count=row.fail_count,
        )
        for row in rows
    ]
