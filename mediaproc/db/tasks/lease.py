"""Keep what one holds: the heartbeat's renewal, and the last look at a claim before its upload."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import (
    REAL,
    BigInteger,
    Connection,
    Uuid,
    column,
    exists,
    func,
    select,
    update,
    values,
)

from mediaproc.db.schema import media_process, media_process_attempt

_task = media_process.c
_attempt = media_process_attempt.c


@dataclass(frozen=True, kw_only=True)
class Held:
    """A claim that its executor believes to hold, and how far its work is (0 to 1, or None)."""

    task_id: int
    claim_token: UUID
    progress: float | None


def renew(connection: Connection, *, held: Collection[Held], lease: float) -> frozenset[UUID]:
    """Renew the leases of all of them in one statement; returns the tokens that are still held.

    A token that is missing from the answer is lost for good: tokens are never reused. A lease that has already run
    out is renewed all the same while the row carries the token: the token is the fence, not the time.
    """
    if not held:
        return frozenset()
    claims = values(
        column("task_id", BigInteger), column("claim_token", Uuid), column("progress", REAL), name="held_claims"
    ).data([(claim.task_id, claim.claim_token, claim.progress) for claim in held])
    renewed = connection.scalars(
        update(media_process)
        .where(_task.id == claims.c.task_id, _task.claim_token == claims.c.claim_token)
        .values(
            lease_expires_at=func.now() + timedelta(seconds=lease),
            progress=func.coalesce(claims.c.progress.cast(REAL), _task.progress),
        )
        .returning(_task.claim_token)
    )
    return frozenset(token for token in renewed if token is not None)


def announce_output(connection: Connection, *, task_id: int, claim_token: UUID, bucket: str, key: str) -> bool:
    """Write down where the claim will put its rendition, before it does, so that the sweep can find a loser's.

    Returns False, and writes nothing, when the claim is lost.
    """
    announced = connection.scalars(
        update(media_process_attempt)
        .where(
            _attempt.claim_token == claim_token,
            exists(select(1).where(_task.id == task_id, _task.claim_token == claim_token)),
        )
        .values(output_bucket=bucket, output_key=key, sweep_after=func.now())
        .returning(_attempt.claim_token)
    )
    return announced.first() is not None
