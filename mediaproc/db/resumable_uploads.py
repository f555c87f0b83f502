"""The statements about uploads over HTTP that may be cut and go on; those about their bytes: `upload_chunks.py`.

Whoever sends bytes of one, enqueues it or removes it is its writer, by a token that fences every write: a writer that
was silent for longer than its lease may be replaced, and then writes nothing any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Update,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.schema import media_resumable_upload
from mediaproc.db.schema.resumable_uploads import IS_UNENDED

_upload = media_resumable_upload.c

# Seconds without a byte after which an upload is swept; and for how long one that ended tells its tasks.
EXPIRES_AFTER = 86_400.0
TELLS_FOR = 7 * 86_400.0


@dataclass(frozen=True, kw_only=True)
class ResumableUpload:
    """An upload as it stands; `size` None: its client did not know it. `busy_for` seconds somebody else works on it."""

    id: str
    size: int | None
    received: int
    metadata: Mapping[str, str]
    tenant: str
    actor: str
    created_at: datetime
    expires_at: datetime
    outcome: str | None
    file_id: str | None
    task_ids: Sequence[int] | None
    error: str | None
    error_class: str | None
    ended_at: datetime | None
    is_expired: bool
    busy_for: float

    @property
    def is_received(self) -> bool:
        """Whether all its bytes are there."""
        return self.received == self.size


def create(
    connection: Connection,
    *,
    upload_id: str,
    bucket: str,
    size: int | None,
    metadata: Mapping[str, str],
    tenant: str,
    actor: str,
) -> ResumableUpload:
    """Insert an upload of which nothing has come yet."""
    made = insert(media_resumable_upload).values(
        id=upload_id,
        bucket=bucket,
        size=size,
        metadata=dict(metadata),
        tenant=tenant,
        actor=actor,
        expires_at=_in(EXPIRES_AFTER),
    )
    return ResumableUpload(**connection.execute(made.returning(*_columns())).mappings().one())


def find(connection: Connection, *, upload_id: str) -> ResumableUpload | None:
    """The upload, None where there is none, or none any more."""
    found = connection.execute(select(*_columns()).where(_upload.id == upload_id)).mappings().first()
    return ResumableUpload(**found) if found else None


def begin_writing(connection: Connection, *, upload_id: str, writer: UUID, offset: int, lease: float) -> bool:
    """Become the writer of the upload's next bytes, if nobody is and they begin at `offset`."""
    may = (is_free(), _upload.received == offset, _upload.outcome.is_(None), _upload.expires_at > func.now())
    return _took(connection, upload_id, writer=writer, lease=lease, where=and_(*may))


def begin_finishing(connection: Connection, *, upload_id: str, writer: UUID, lease: float) -> bool:
    """Become the one who enqueues the upload, if all of it is there, something is left to do and nobody does it."""
    return _took(connection, upload_id, writer=writer, lease=lease, where=and_(text(IS_UNENDED), is_free()))


def begin_removal(
    connection: Connection, *, upload_id: str, writer: UUID, lease: float, only_expired: bool = False
) -> bool:
    """Become the one who removes the upload, if nobody works on it."""
    may = and_(is_free(), is_expired()) if only_expired else is_free()
    return _took(connection, upload_id, writer=writer, lease=lease, where=may)


def keep_writing(connection: Connection, *, upload_id: str, writer: UUID, lease: float) -> bool:
    """Renew the writer's lease; False where another one has taken over."""
    return _took(connection, upload_id, writer=writer, lease=lease, where=_upload.writer == writer)


def stop_writing(connection: Connection, *, upload_id: str, writer: UUID, waits_for: str | None = None) -> None:
    """Let others write; `waits_for` says what keeps the upload from being enqueued."""
    said = {} if waits_for is None else {"error": waits_for}
    connection.execute(_by(writer, upload_id).values(writer=None, writer_until=None, **said))


def advance(connection: Connection, *, upload_id: str, start: int, writer: UUID, size: int, lease: float) -> bool:
    """Count the bytes of the chunk that the writer has put; False where it is the writer no more.

    `upload_chunks.keep` follows in the same transaction.
    """
    counted = (
        _by(writer, upload_id)
        .where(_upload.received == start)
        .values(received=start + size, expires_at=_in(EXPIRES_AFTER), writer_until=_in(lease))
    )
    return connection.execute(counted.returning(_upload.id)).first() is not None


def fix_size(connection: Connection, *, upload_id: str, writer: UUID) -> None:
    """The upload whose size was not known has ended here."""
    connection.execute(_by(writer, upload_id).where(_upload.size.is_(None)).values(size=_upload.received))


def record_outcome(
    connection: Connection,
    *,
    upload_id: str,
    writer: UUID,
    outcome: str,
    file_id: str | None,
    task_ids: Sequence[int],
    error: str | None,
    error_class: str | None,
) -> None:
    """What became of the upload; its chunks are needed no more."""
    connection.execute(
        _by(writer, upload_id)
        .where(_upload.outcome.is_(None))
        .values(outcome=outcome, file_id=file_id, task_ids=list(task_ids), error=error, error_class=error_class)
    )


def end(connection: Connection, *, upload_id: str, writer: UUID) -> None:
    """Nothing is left to do; the row stays to tell what became of it."""
    connection.execute(
        _by(writer, upload_id).values(ended_at=func.now(), expires_at=_in(TELLS_FOR), writer=None, writer_until=None)
    )


def delete_upload(connection: Connection, *, upload_id: str, writer: UUID) -> None:
    """Delete the upload's row; its chunks are forgotten already."""
    connection.execute(delete(media_resumable_upload).where(_upload.id == upload_id, _upload.writer == writer))


def postpone_removal(connection: Connection, *, upload_id: str, writer: UUID) -> None:
    """Let a later sweep try again, since the store keeps a chunk."""
    connection.execute(_by(writer, upload_id).values(expires_at=_in(EXPIRES_AFTER), writer=None, writer_until=None))


def unended(connection: Connection, *, bucket: str, limit: int = 100) -> list[str]:
    """The uploads into this bucket that wait to be enqueued, or whose chunks wait to be removed, and nobody does it."""
    waiting = (
        select(_upload.id)
        .where(text(IS_UNENDED), _upload.bucket == bucket, is_free())
        .order_by(_upload.created_at)
        .limit(limit)
    )
    return list(connection.scalars(waiting))


def expired(connection: Connection, *, bucket: str, limit: int = 100) -> list[str]:
    """The uploads into this bucket that nobody goes on with, and those that ended long ago."""
    found = select(_upload.id).where(_upload.bucket == bucket, is_expired(), is_free())
    return list(connection.scalars(found.order_by(_upload.expires_at).limit(limit)))


def is_left(*, bucket: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether an upload into this bucket is to be swept."""
    return and_(_upload.bucket == bucket, is_expired())


def is_expired() -> ColumnElement[bool]:
    """Whether no byte came for a day, or the end is long ago."""
    return _upload.expires_at < func.now()


def is_free() -> ColumnElement[bool]:
    """Whether nobody writes it, or whoever did is silent."""
    return or_(_upload.writer_until.is_(None), _upload.writer_until < func.now())


def _columns() -> list[ColumnElement[Any]]:
    told = [column for column in media_resumable_upload.columns if column.name in ResumableUpload.__dataclass_fields__]
    busy_for = func.greatest(func.coalesce(func.extract("epoch", _upload.writer_until - func.now()), 0), 0)
    return [*told, is_expired().label("is_expired"), busy_for.label("busy_for")]


def _took(connection: Connection, upload_id: str, *, writer: UUID, lease: float, where: ColumnElement[bool]) -> bool:
    taken = update(media_resumable_upload).where(_upload.id == upload_id, where)
    values = {"writer": writer, "writer_until": _in(lease)}
    return connection.execute(taken.values(values).returning(_upload.id)).first() is not None


def _by(writer: UUID, upload_id: str) -> Update:
    return update(media_resumable_upload).where(_upload.id == upload_id, _upload.writer == writer)


def _in(seconds: float) -> ColumnElement[datetime]:
    return func.now() + timedelta(seconds=seconds)
