"""Lines of audit that are old: nobody but the tables' owner deletes them, by a function that keeps those of a day."""

from sqlalchemy import Connection, text

FUNCTION = "media_audit_prune(double precision, integer)"


def delete_audit(connection: Connection, *, keep: float, limit: int) -> int:
    """Delete at most `limit` lines of more than `keep` seconds ago, the oldest first; returns how many.

    No role has the right to delete a line: who acts shall not be able to remove the trace of it.
    """
    deleted: int = connection.execute(
        text("SELECT media_audit_prune(:keep, :limit)"), {"keep": keep, "limit": limit}
    ).scalar_one()
    return deleted
