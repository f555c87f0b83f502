"""Removes the chunks of uploads: of those that are enqueued, that are given up, and that nobody goes on with."""

from collections.abc import Callable
from uuid import UUID, uuid4

from mediaproc.core.keys import upload_chunk_key
from mediaproc.db import resumable_uploads, upload_chunks
from mediaproc.db.database import Database
from mediaproc.enqueue.resumable.lease import LEASE
from mediaproc.store.deletion import reason_kept
from mediaproc.store.interface import Store

OnKept = Callable[[str], None]


def sweep_expired_uploads(database: Database, store: Store, *, on_kept: OnKept = lambda _sentence: None) -> int:
    """Remove uploads that got no byte for a day, with their chunks, and the rows of those that ended long ago.

    Returns how many. Any number of processes may sweep at once; `on_kept` gets a sentence for a chunk that the store
    refuses to delete, whose upload a later sweep tries again.

    Raises:
        Unavailable, PartMissing: database or store; the next sweep goes on from there.
    """
    with database.read() as connection:
        expired = resumable_uploads.expired(connection, bucket=store.bucket)
    return sum(
        remove_upload(database, store, upload_id=upload_id, only_expired=True, on_kept=on_kept) for upload_id in expired
    )


def remove_upload(
    database: Database, store: Store, *, upload_id: str, only_expired: bool = False, on_kept: OnKept
) -> bool:
    """Remove an upload that nobody works on; returns whether it is gone. Raises as `sweep_expired_uploads`."""
    writer = uuid4()
    with database.write() as connection:
        if not resumable_uploads.begin_removal(
            connection, upload_id=upload_id, writer=writer, lease=LEASE, only_expired=only_expired
        ):
            return False
    kept = remove_chunks(database, store, upload_id=upload_id, writer=writer)
    with database.write() as connection:
        if kept is None:
            resumable_uploads.delete_upload(connection, upload_id=upload_id, writer=writer)
        else:
            resumable_uploads.postpone_removal(connection, upload_id=upload_id, writer=writer)
    if kept is not None:
        on_kept(kept)
    return kept is None


def remove_chunks(database: Database, store: Store, *, upload_id: str, writer: UUID) -> str | None:
    """Remove every chunk of an upload that this writer holds; a sentence where the store refuses to delete one.

    The object goes before its row, so that what is interrupted is done again.

    Raises:
        Unavailable, PartMissing: database or store.
    """
    while True:
        with database.write() as connection:
            resumable_uploads.keep_writing(connection, upload_id=upload_id, writer=writer, lease=LEASE)
            chunks = upload_chunks.chunks_of(connection, upload_id=upload_id, limit=100)
        for chunk in chunks:
            kept = reason_kept(store, upload_chunk_key(upload_id, start=chunk.start, writer=chunk.writer))
            if kept is not None:
                return kept
        if not chunks:
            return None
        with database.write() as connection:
            upload_chunks.forget(connection, upload_id=upload_id, chunks=chunks)
