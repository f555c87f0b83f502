"""The rows of `media_idempotency_key`: a request that comes again under its key gets the answer of the first one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.schema import media_idempotency_key

_key = media_idempotency_key.c

# Seconds for which an answer is kept.
KEPT = 86_400.0
# Seconds after which a request without an answer counts as one whose server died; none takes so long.
ABANDONED = 300.0


@dataclass(frozen=True)
class New:
    """Nobody did this yet: do it, then `finish` it, or `forget` it where nothing was done."""


@dataclass(frozen=True)
class InFlight:
    """The same request is being done."""


@dataclass(frozen=True)
class OtherRequest:
    """The key was used for another request."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What was answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def begin(
    connection: Connection, *, token_id: str, key: str, request_sha256: bytes
) -> New | InFlight | OtherRequest | Finished:
    """What is known of the key, which is one bearer's own; of many who begin at once, it is New for one."""
    offered = insert(media_idempotency_key).values(token_id=token_id, key=key, request_sha256=request_sha256)
    is_abandoned = and_(
        _key.status.is_(None),
        _key.request_sha256 == offered.excluded.request_sha256,
        _key.created_at < func.now() - timedelta(seconds=ABANDONED),
    )
    begun = offered.on_conflict_do_update(
        index_elements=[_key.token_id, _key.key],
        set_={
            "request_sha256": offered.excluded.request_sha256,
            "created_at": func.now(),
            "status": null(),
            "body": null(),
            "headers": null(),
        },
        where=or_(is_abandoned, _key.created_at < func.now() - timedelta(seconds=KEPT)),
    ).returning(_key.key)
    if connection.scalars(begun).first() is not None:
        return New()
    found = connection.execute(
        select(_key.request_sha256, _key.status, _key.body, _key.headers).where(_is(token_id, key))
    ).first()
    # Where it was forgotten between the two statements, the next try begins anew.
    if found is None:
        return InFlight()
    if found.request_sha256 != request_sha256:
        return OtherRequest()
    if found.status is None:
        return InFlight()
    return Finished(status=found.status, body=found.body, headers=found.headers)


def finish(
    connection: Connection, *, token_id: str, key: str, status: int, body: bytes, headers: Mapping[str, str]
) -> None:
    """Keep the answer; the first one stays."""
    connection.execute(
        update(media_idempotency_key)
        .where(_is(token_id, key), _key.status.is_(None))
        .values(status=status, body=body, headers=dict(headers))
    )


def forget(connection: Connection, *, token_id: str, key: str) -> None:
    """Nothing was done: the next one under this key is New."""
    connection.execute(delete(media_idempotency_key).where(_is(token_id, key), _key.status.is_(None)))


def _is(token_id: str, key: str) -> ColumnElement[bool]:
    return and_(_key.token_id == token_id, _key.key == key)
