"""The lease of a claim: its renewal by the heartbeat, and the last check of the claim before the upload."""

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
from mediaproc.db.watched_claims import is_watched

_task = media_process.c
_attempt = media_process_attempt.c


@dataclass(frozen=True, kw_only=True)
class Held:
    """A claim that an executor believes it holds, and the progress of its attempt (0 to 1, or None)."""

    task_id: int
    claim_token: UUID
    progress: float | None


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """The tokens of the renewed and of the lost claims.

    A claim is in neither set when it is still held and another session has locked its row.
    """

    renewed: frozenset[UUID]
    lost: frozenset[UUID]
    # Those of the renewed ones that somebody watches.
    watched: frozenset[UUID] = frozenset()


def renew(connection: Connection, *, held: Collection[Held], lease: float) -> Renewal:
    """Renew the leases of the claims in one statement; rows that another session has locked are skipped.

    A lost token stays lost: tokens are never reused. A lease that has already run out is renewed all the same while the
    row carries the token: the token is the fence, not the time. So a session that leaves a row locked, such as a
    person's psql, costs that one lease and no other.
    """
    if not held:
        return Renewal(renewed=frozenset(), lost=frozenset())
    claims = values(
        column("task_id", BigInteger), column("claim_token", Uuid), column("progress", REAL), name="held_claims"
    ).data([(claim.task_id, claim.claim_token, claim.progress) for claim in held])
    free = unlocked(claims)
    rows = connection.execute(
        update(media_process)
        .where(_task.id == free.c.task_id, _task.claim_token == free.c.claim_token)
        .values(
            lease_expires_at=func.now() + timedelta(seconds=lease),
            progress=func.coalesce(free.c.progress.cast(REAL), _task.progress),
        )
        .returning(free.c.claim_token, is_watched(free.c.claim_token).label("is_watched"))
    ).all()
    renewed = frozenset(row.claim_token for row in rows)
    others = [claim for claim in held if claim.claim_token not in renewed]
    lost = frozenset(claim.claim_token for claim in others) - _still_held(connection, others)
    return Renewal(renewed=renewed, lost=lost, watched=frozenset(row.claim_token for row in rows if row.is_watched))


def _still_held(connection: Connection, claims: Collection[Held]) -> frozenset[UUID]:
    """The tokens of the claims that are still held: a plain read, which waits for no lock."""
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
    """Record the key of the claim's rendition before its upload, so that the sweep can find it if the claim loses.

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
