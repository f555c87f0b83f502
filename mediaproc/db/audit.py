"""The line of audit that every act leaves, written in the act's own transaction."""

from sqlalchemy import Connection, insert

from mediaproc.db.schema import media_audit


def record(
    connection: Connection, *, actor: str, act: str, selection: str, count: int, because: str | None = None
) -> None:
    """Record that `actor` did `act` to `count` of what `selection` means; an act that changed nothing is told too.

    `act` is a short verb phrase, such as `retry` or `schedule set`, and `selection` what was meant as it was written.
    """
    connection.execute(
        # Without RETURNING: who acts need not be able to read what others did.
        insert(media_audit).inline().values(actor=actor, act=act, selection=selection, count=count, because=because)
    )
