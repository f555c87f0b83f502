"""The key by which all servers of a site sign: the one that the first of them offered."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.schema import media_web_key


def web_key(connection: Connection, *, offered: bytes) -> bytes:
    """The site's key; `offered`, 32 random bytes, becomes it where there is none yet."""
    connection.execute(insert(media_web_key).values(key=offered).on_conflict_do_nothing())
    key: bytes = connection.execute(select(media_web_key.c.key)).scalar_one()
    return key
