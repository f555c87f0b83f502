"""The rows of `media_token`: each is one credential of a program or a person."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Text, and_, any_, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.core.access import Access, Scope, actor_of_token
from mediaproc.db.schema import media_token

_token = media_token.c

# Seconds: when a credential was last used is written no more often, so that those who only read seldom write.
TOUCH_EVERY = 60.0


@dataclass(frozen=True, kw_only=True)
class TokenLine:
    """A token without its secret, for lists."""

    id: str
    name: str
    scopes: tuple[str, ...]
    tenant: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    is_valid: bool


@dataclass(frozen=True, kw_only=True)
class KnownToken:
    """What is known of a token's id; whoever asks is its bearer only if `Token.matches` says so."""

    access: Access
    secret_sha256: bytes
    is_valid: bool
    is_touch_due: bool


def add_token(
    connection: Connection,
    *,
    token_id: str,
    secret_sha256: bytes,
    scopes: Sequence[Scope],
    tenant: str | None,
    name: str,
    life: float | None,
    created_by: str,
) -> None:
    """Valid from now on, for `life` seconds where it is not None."""
    connection.execute(
        insert(media_token).values(
            id=token_id,
            secret_sha256=secret_sha256,
            scopes=[str(each) for each in scopes],
            tenant=tenant,
            name=name,
            expires_at=None if life is None else func.now() + timedelta(seconds=life),
            created_by=created_by,
        )
    )


def token_of(connection: Connection, *, token_id: str) -> KnownToken | None:
    """The token of this id, also one that is valid no more; None where there is none."""
    found = connection.execute(
        select(
            _token.id,
            _token.name,
            _token.scopes,
            _token.tenant,
            _token.secret_sha256,
            is_valid().label("is_valid"),
            is_touch_due(_token.last_used_at).label("is_touch_due"),
        ).where(_token.id == token_id)
    ).first()
    if found is None:
        return None
    return KnownToken(
        access=Access(
            scopes=known_scopes(found.scopes),
            tenant=found.tenant,
            actor=actor_of_token(token_id=found.id, name=found.name),
            token_id=found.id,
        ),
        secret_sha256=found.secret_sha256,
        is_valid=found.is_valid,
        is_touch_due=found.is_touch_due,
    )


def touch(connection: Connection, *, token_id: str) -> None:
    """It was used now; written once in TOUCH_EVERY seconds, however many servers do it."""
    connection.execute(
        update(media_token)
        .where(_token.id == token_id, is_touch_due(_token.last_used_at))
        .values(last_used_at=func.now())
    )


def tokens(connection: Connection) -> list[TokenLine]:
    """All of them, those that are valid no more too, the latest first."""
    columns = [_token[name] for name in TokenLine.__dataclass_fields__ if name in _token]
    found = select(*columns, is_valid().label("is_valid")).order_by(_token.created_at.desc(), _token.id)
    return [TokenLine(**(dict(row) | {"scopes": tuple(row["scopes"])})) for row in connection.execute(found).mappings()]


def tokens_there(connection: Connection, *, ids: Collection[str]) -> frozenset[str]:
    """Those of these ids that some token has."""
    return frozenset(connection.scalars(select(_token.id).where(_is_among(ids))))


def valid_among(connection: Connection, *, ids: Collection[str]) -> frozenset[str]:
    """Those of these tokens that are valid now."""
    return frozenset(connection.scalars(select(_token.id).where(_is_among(ids), is_valid())))


def revoke(connection: Connection, *, ids: Collection[str]) -> int:
    """They are valid no more; returns how many of them were not revoked before."""
    revoked = (
        update(media_token)
        .where(_is_among(ids), _token.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(_token.id)
    )
    return len(connection.scalars(revoked).all())


def _is_among(ids: Collection[str]) -> ColumnElement[bool]:
    return _token.id == any_(literal(list(ids), ARRAY(Text)))


def is_valid() -> ColumnElement[bool]:
    """Whether the token is neither revoked nor expired, by the database's clock."""
    return and_(_token.revoked_at.is_(None), or_(_token.expires_at.is_(None), _token.expires_at > func.now()))


def is_touch_due(last_used_at: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether its use now is to be written."""
    return or_(last_used_at.is_(None), last_used_at < func.now() - timedelta(seconds=TOUCH_EVERY))


def known_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """A scope of a newer version gives nothing here."""
    return frozenset(each for each in Scope if each in set(names))
