"""The statements about the chunks of uploads over HTTP: objects of the store that a row names before they are there.

A chunk is of the one writer that put it: its rows are written by `resumable_uploads`' writer alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Update, Uuid, and_, delete, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.schema import media_resumable_upload, media_upload_chunk

_upload = media_resumable_upload.c
_chunk = media_upload_chunk.c


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A piece of an upload, an object of one writer's; `size` None where it was not kept (yet)."""

    start: int
    writer: UUID
    size: int | None


@dataclass(frozen=True, kw_only=True)
class AnnouncedParts:
    """An object that a client sends to the store in parts: in whose name, and the store's name of it."""

    writer: UUID
    parts_name: str


def announce(connection: Connection, *, upload_id: str, start: int, writer: UUID) -> bool:
    """Record that the writer is about to put an object, perhaps once more; False where it is the writer no more."""
    row = select(_upload.id, literal(start, BigInteger), literal(writer, Uuid))
    is_writer = and_(_upload.id == upload_id, _upload.writer == writer, _upload.received == start)
    made = insert(media_upload_chunk).from_select(["upload_id", "start", "writer"], row.where(is_writer))
    again = made.on_conflict_do_update(index_elements=list(media_upload_chunk.primary_key), set_={"size": None})
    return connection.execute(again.returning(_chunk.start)).first() is not None


def keep(connection: Connection, *, upload_id: str, start: int, writer: UUID, size: int) -> None:
    """Record that the object is there, and part of the upload."""
    connection.execute(_of_chunk(upload_id, start, writer).values(size=size))


def name_parts(connection: Connection, *, upload_id: str, start: int, writer: UUID, parts_name: str) -> None:
    """Record the store's name of an upload in parts, which becomes the object."""
    connection.execute(_of_chunk(upload_id, start, writer).values(parts_name=parts_name))


def parts_of(connection: Connection, *, upload_id: str) -> AnnouncedParts | None:
    """The whole upload as an object whose parts its client sends to the store itself; None where it does not."""
    found = select(_chunk.writer, _chunk.parts_name).where(
        _chunk.upload_id == upload_id, _chunk.start == 0, _chunk.parts_name.is_not(None)
    )
    row = connection.execute(found).first()
    return AnnouncedParts(writer=row.writer, parts_name=row.parts_name) if row else None


def chunks_of(connection: Connection, *, upload_id: str, limit: int = 1000) -> list[Chunk]:
    """All that may have an object, `limit` at most."""
    found = select(_chunk.start, _chunk.writer, _chunk.size).where(_chunk.upload_id == upload_id).limit(limit)
    return [Chunk(**row) for row in connection.execute(found).mappings()]


def kept_chunks(connection: Connection, *, upload_id: str, start: int, limit: int = 1000) -> list[Chunk]:
    """The chunks that the upload consists of, from `start` on, in their order."""
    found = (
        select(_chunk.start, _chunk.writer, _chunk.size)
        .where(_chunk.upload_id == upload_id, _chunk.size.is_not(None), _chunk.start >= start)
        .order_by(_chunk.start)
        .limit(limit)
    )
    return [Chunk(**row) for row in connection.execute(found).mappings()]


def forget(connection: Connection, *, upload_id: str, chunks: Collection[Chunk]) -> None:
    """Delete the rows of chunks whose objects are gone."""
    gone = [(chunk.start, chunk.writer) for chunk in chunks]
    connection.execute(
        delete(media_upload_chunk).where(_chunk.upload_id == upload_id, tuple_(_chunk.start, _chunk.writer).in_(gone))
    )


def _of_chunk(upload_id: str, start: int, writer: UUID) -> Update:
    of_writer = and_(_chunk.upload_id == upload_id, _chunk.start == start, _chunk.writer == writer)
    return update(media_upload_chunk).where(of_writer)
