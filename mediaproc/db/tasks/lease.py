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
from mediaproc.db.tasks.row_locks import unlocked

_task = media_process.c
_attempt = media_process_attempt.c


@dataclass(frozen=True, kw_only=True)
class Held:
    """A claim that its executor believes to hold, and how far its work is (0 to 1, or None)."""

    task_id: int
    claim_token: UUID
    progress: float | None


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """What became of the leases, by token; in neither is one that is still held while another session has its row."""

    renewed: frozenset[UUID]
    lost: frozenset[UUID]


def renew(connection: Connection, *, held: Collection[Held], lease: float) -> Renewal:
    """Renew the leases of all of them in one statement, but for those whose rows another session has locked.

    A token that is lost is lost for good: tokens are never reused. A lease that has already run out is renewed all the
    same while the row carries the token: the token is the fence, not the time. Whoever leaves a row locked, such as a
    person in psql, costs that one lease and no other.
    """
    if not held:
        return Renewal(renewed=frozenset(), lost=frozenset())
    claims = values(
        column("task_id", BigInteger), column("claim_token", Uuid), column("progress", REAL), name="held_claims"
    ).data([(claim.task_id, claim.claim_token, claim.progress) for claim in held])
    free = unlocked(claims)
    renewed = frozenset(
        connection.scalars(
            update(media_process)
            .where(_task.id == free.c.task_id, _task.claim_token == free.c.claim_token)
            .values(
                lease_expires_at=func.now() + timedelta(seconds=lease),
                progress=func.coalesce(free.c.progress.cast(REAL), _task.progress),
            )
            .returning(free.c.claim_token)
        )
    )
    others = [claim for claim in held if claim.claim_token not in renewed]
    still_held = _still_held(connection, others)
    return Renewal(renewed=renewed, lost=frozenset(claim.claim_token for claim in others) - still_held)


def _still_held(connection: Connection, claims: Collection[Held]) -> frozenset[UUID]:
    """The tokens of those that still stand: a plain read, which waits for nobody's lock."""
    if not claims:
        return frozenset()
    found = connection.scalars(
        select(_task.claim_token).where(
            _task.id.in_([claim.task_id for claim in claims]),
            _task.claim_token.in_([claim.claim_token for claim in claims]),
        )
    )
    return frozenset(token for token in found if token is not None)


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
