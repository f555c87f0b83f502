"""The progress of claims that somebody watches, apart from their leases."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import REAL, BigInteger, Connection, Uuid, column, update, values

from mediaproc.db.schema import media_process
from mediaproc.db.tasks.lease import Held
from mediaproc.db.tasks.row_locks import unlocked
from mediaproc.db.watched_claims import is_watched

_task = media_process.c


def write_watched_progress(connection: Connection, *, held: Collection[Held]) -> frozenset[UUID]:
    """Write the progress of those claims that are watched, and of no other; returns their tokens.

    Nothing but `progress` changes, in a HOT update: no lease is longer for it. Rows that another session has locked are
    skipped, as at a renewal.
    """
    claims = values(
        column("task_id", BigInteger), column("claim_token", Uuid), column("progress", REAL), name="watched_claims"
    ).data([(claim.task_id, claim.claim_token, claim.progress) for claim in held])
    free = unlocked(claims)
    return frozenset(
        connection.scalars(
            update(media_process)
            .where(
                _task.id == free.c.task_id,
                _task.claim_token == free.c.claim_token,
                is_watched(free.c.claim_token),
            )
            .values(progress=free.c.progress.cast(REAL))
            .returning(free.c.claim_token)
        )
    )
