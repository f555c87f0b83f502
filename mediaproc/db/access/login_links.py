"""The rows of `media_login_link`: each opens one session for whoever has the link, once and soon."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select, update

from mediaproc.db.schema import media_login_link

_link = media_login_link.c

# Seconds for which a link works.
LIFE = 600.0


def add_login_link(connection: Connection, *, secret_sha256: bytes) -> None:
    """It works from now on, for LIFE seconds."""
    connection.execute(
        insert(media_login_link).values(secret_sha256=secret_sha256, expires_at=func.now() + timedelta(seconds=LIFE))
    )


def works(connection: Connection, *, secret_sha256: bytes) -> bool:
    """Whether `use` would find it now; nothing is changed by the question."""
    return bool(connection.scalar(select(exists(select(1).where(_works(secret_sha256))))))


def use(connection: Connection, *, secret_sha256: bytes) -> bool:
    """Use the link up; whether it worked. Of many who use it at once, it works for one."""
    used = update(media_login_link).where(_works(secret_sha256)).values(used_at=func.now()).returning(_link.used_at)
    return connection.scalars(used).first() is not None


def _works(secret_sha256: bytes) -> ColumnElement[bool]:
    return and_(_link.secret_sha256 == secret_sha256, _link.used_at.is_(None), _link.expires_at > func.now())
