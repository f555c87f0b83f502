"""Write into an attempt's row what it is at: it waits for its first encode, or encodes with so many threads."""

from uuid import UUID

from sqlalchemy import Connection, func, null, update

from mediaproc.db.schema import media_process_attempt

_attempt = media_process_attempt.c


def note_wait(connection: Connection, *, claim_token: UUID) -> None:
    """The attempt waits: should its executor die now, its task is not to blame."""
    connection.execute(
        update(media_process_attempt)
        .where(_attempt.claim_token == claim_token, _attempt.outcome.is_(None))
        .values(waits_since=func.now())
    )


def note_encode(connection: Connection, *, claim_token: UUID, threads: int) -> None:
    """An encode has begun with so many threads: from now on the death of its executor counts."""
    connection.execute(
        update(media_process_attempt)
        .where(_attempt.claim_token == claim_token)
        .values(waits_since=null(), threads=threads)
    )
