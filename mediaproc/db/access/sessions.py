"""The rows of `media_session`: each is a browser that has logged in, known by the digest of its cookie's secret."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Text,
    and_,
    any_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.core.access import Access
from mediaproc.db.access import tokens
from mediaproc.db.schema import media_session, media_token

_session = media_session.c

# Seconds after which a session is over: without being used, and however much it is used.
IDLE = 12 * 3600.0
LONGEST = 7 * 86_400.0


@dataclass(frozen=True, kw_only=True)
class KnownSession:
    """A session that is valid now."""

    access: Access
    is_touch_due: bool


def begin_session(connection: Connection, *, secret_sha256: bytes, access: Access) -> None:
    """A new session with the rights of `access`; it ends with the token of it, where that has one."""
    connection.execute(
        insert(media_session).values(
            secret_sha256=secret_sha256,
            token_id=access.token_id,
            scopes=sorted(access.scopes),
            tenant=access.tenant,
            actor=access.actor,
            expires_at=func.now() + timedelta(seconds=LONGEST),
        )
    )


def session_of(connection: Connection, *, secret_sha256: bytes) -> KnownSession | None:
    """The session of this digest; None where there is none, or where it or its token is over."""
    found = connection.execute(
        select(
            _session.token_id,
            _session.scopes,
            _session.tenant,
            _session.actor,
            tokens.is_touch_due(_session.last_used_at).label("is_touch_due"),
        ).where(_session.secret_sha256 == secret_sha256, _is_valid())
    ).first()
    if found is None:
        return None
    access = Access(
        scopes=tokens.known_scopes(found.scopes),
        tenant=found.tenant,
        actor=found.actor,
        token_id=found.token_id,
        session=secret_sha256,
    )
    return KnownSession(access=access, is_touch_due=found.is_touch_due)


def valid_among(connection: Connection, *, secrets_sha256: Collection[bytes]) -> frozenset[bytes]:
    """Those of these sessions that are valid now; none is longer for it."""
    among = _session.secret_sha256 == any_(literal(list(secrets_sha256), ARRAY(LargeBinary)))
    return frozenset(connection.scalars(select(_session.secret_sha256).where(among, _is_valid())))


def touch_session(connection: Connection, *, secret_sha256: bytes) -> None:
    """It is used now, and so valid for another IDLE seconds; one that is over stays so."""
    connection.execute(
        update(media_session)
        .where(_session.secret_sha256 == secret_sha256, tokens.is_touch_due(_session.last_used_at), _is_valid())
        .values(last_used_at=func.now())
    )


def end_session(connection: Connection, *, secret_sha256: bytes) -> None:
    """The cookie is worth nothing from now on."""
    connection.execute(delete(media_session).where(_session.secret_sha256 == secret_sha256))


def end_sessions_of(connection: Connection, *, token_ids: Collection[str]) -> None:
    """End all that began with these tokens."""
    among = _session.token_id == any_(literal(list(token_ids), ARRAY(Text)))
    connection.execute(delete(media_session).where(among))


def _is_valid() -> ColumnElement[bool]:
    its_token = exists(select(1).where(media_token.c.id == _session.token_id, tokens.is_valid()))
    return and_(
        _session.expires_at > func.now(),
        _session.last_used_at > func.now() - timedelta(seconds=IDLE),
        or_(_session.token_id.is_(None), its_token),
    )
