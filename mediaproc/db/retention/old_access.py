"""Credentials that are over, and answers to keys: a function of the tables' owner, as no executor may read them."""

from sqlalchemy import Connection, text

FUNCTION = "media_access_prune(double precision, integer)"


def delete_access(connection: Connection, *, keep_tokens: float, limit: int) -> int:
    """Delete at most `limit` rows of each table, and return how many of all.

    Tokens go `keep_tokens` seconds after they were revoked or expired, and never within a day; sessions and login links
    once they have expired; answers after a day.
    """
    deleted: int = connection.execute(
        text("SELECT media_access_prune(:keep, :limit)"), {"keep": keep_tokens, "limit": limit}
    ).scalar_one()
    return deleted
