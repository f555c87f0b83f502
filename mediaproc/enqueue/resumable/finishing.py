"""Puts the chunks of a received upload together on this node's scratch disk, and enqueues the file as the CLI does."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, PartMissing, Stopped, Unavailable, WrongUse
from mediaproc.core.keys import upload_chunk_key
from mediaproc.core.upload_wish import UploadWish
from mediaproc.db import resumable_uploads, upload_chunks
from mediaproc.db.database import Database
from mediaproc.db.resumable_uploads import ResumableUpload
from mediaproc.db.upload_chunks import Chunk
from mediaproc.disk_room import DiskRoom
from mediaproc.enqueue.enqueued import Enqueued
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.enqueue.resumable.lease import LEASE, renewed
from mediaproc.enqueue.resumable.removal import remove_chunks
from mediaproc.enqueue.resumable.writing import CHUNK_SIZE
from mediaproc.store.interface import Store
from mediaproc.store.transfer import full_disk_translated


@dataclass(frozen=True, kw_only=True)
class Finishing:
    """What one server does once all bytes of an upload are there; any server may begin anew what another one left."""

    database: Database
    store: Store
    enqueuer: Enqueuer
    room: DiskRoom
    stop: Event

    def finish(self, upload_id: str) -> None:
        """Enqueue the upload, write down what came of it, and remove its chunks; whatever of it is not done yet.

        Nothing happens where somebody else does it. What is away is written into the row, for a later try.
        """
        writer = uuid4()
        with self.database.write() as connection:
            if not resumable_uploads.begin_finishing(connection, upload_id=upload_id, writer=writer, lease=LEASE):
                return
            upload = resumable_uploads.find(connection, upload_id=upload_id)
        if upload is None:
            raise AssertionError("it was taken in the same transaction")
        waits_for = None
        try:
            self._finish(upload, writer=writer)
        except (Unavailable, PartMissing) as error:
            waits_for = str(error)
        except Stopped:
            pass
        with self.database.write() as connection:
            resumable_uploads.stop_writing(connection, upload_id=upload_id, writer=writer, waits_for=waits_for)

    def _finish(self, upload: ResumableUpload, *, writer: UUID) -> None:
        # One for each upload: it is also set where another server takes it over.
        stop = _Either(self.stop)
        with renewed(self.database, upload_id=upload.id, writer=writer, stop=stop):
            if upload.outcome is None:
                self._record(self._enqueued(upload, writer=writer, stop=stop), upload=upload, writer=writer)
            kept = remove_chunks(self.database, self.store, upload_id=upload.id, writer=writer)
        if kept is not None:
            raise Unavailable(kept, error_class=ErrorClass.STORE_UNAVAILABLE)
        with self.database.write() as connection:
            resumable_uploads.end(connection, upload_id=upload.id, writer=writer)

    def _enqueued(self, upload: ResumableUpload, *, writer: UUID, stop: Event) -> Enqueued:
        wish = UploadWish.of(upload.metadata)
        with self.room.attempt_folder(writer) as folder:
            path = folder / "source"
            try:
                digest = self._assemble(upload, path=path, stop=stop)
                _require_promised(digest, promised=wish.sha256)
                self.enqueuer.prepare_store()
                return self.enqueuer.enqueue(
                    path,
                    filename=wish.filename,
                    profiles=wish.profiles,
                    priority=wish.priority,
                    tenant=upload.tenant,
                    stop=stop,
                )
            except WrongUse as error:
                # A profile that is no more.
                return Enqueued(path=path, status="refused", error=str(error))
            except (AttemptFailed, BadSource) as error:
                return Enqueued(path=path, status="refused", error=str(error), error_class=error.error_class)

    def _assemble(self, upload: ResumableUpload, *, path: Path, stop: Event) -> str:
        """Write all bytes of the upload to the path; returns their SHA-256.

        Raises:
            BadSource: a chunk is not in the store any more, or not whole.
            Unavailable: database or store, or there is no room on the disk.
            Stopped
        """
        self._make_room(path.parent, upload.received, stop=stop)
        chunks = self._chunks(upload)
        first = next(chunks)
        if first.size == upload.received:
            # Whoever sent it to the store itself sent one object: there may be no room for it twice.
            return self._get(upload, first, path=path, stop=stop)
        piece = path.with_name("chunk")
        digest = hashlib.sha256()
        with full_disk_translated(path.parent), path.open("wb") as whole:
            for chunk in itertools.chain([first], chunks):
                self._get(upload, chunk, path=piece, stop=stop)
                with piece.open("rb") as source:
                    while read := source.read(1024 * 1024):
                        digest.update(read)
                        whole.write(read)
        piece.unlink()
        return digest.hexdigest()

    def _chunks(self, upload: ResumableUpload) -> Iterator[Chunk]:
        """Those that the upload consists of, one behind the other."""
        reached = 0
        while reached < upload.received:
            with self.database.read() as connection:
                some = upload_chunks.kept_chunks(connection, upload_id=upload.id, start=reached)
            if not some:
                raise _lost()
            for chunk in some:
                if chunk.start != reached or chunk.size is None:
                    raise _lost()
                reached += chunk.size
                yield chunk

    def _get(self, upload: ResumableUpload, chunk: Chunk, *, path: Path, stop: Event) -> str:
        """Write the chunk's bytes to the path; returns their SHA-256."""
        key = upload_chunk_key(upload.id, start=chunk.start, writer=chunk.writer)
        try:
            received = self.store.get(key, path, stop=stop, most=chunk.size)
        except AttemptFailed as error:
            raise _lost() from error
        if received.size != chunk.size:
            raise _lost()
        return received.sha256

    def _make_room(self, folder: Path, size: int, *, stop: Event) -> None:
        try:
            self.room.promise(folder, size + CHUNK_SIZE, stop=stop, on_wait=lambda: None)
        except AttemptFailed as error:
            # Another server may have a larger disk.
            raise Unavailable(str(error), error_class=ErrorClass.DISK_FULL) from error

    def _record(self, enqueued: Enqueued, *, upload: ResumableUpload, writer: UUID) -> None:
        with self.database.write() as connection:
            resumable_uploads.record_outcome(
                connection,
                upload_id=upload.id,
                writer=writer,
                outcome=enqueued.status,
                file_id=enqueued.file,
                task_ids=[task.id for task in enqueued.tasks],
                error=enqueued.error,
                error_class=enqueued.error_class,
            )


class _Either(Event):
    """Set when it is set itself, or when the outer one is."""

    def __init__(self, outer: Event) -> None:
        super().__init__()
        self._outer = outer

    def is_set(self) -> bool:
        """As threading.Event."""
        return super().is_set() or self._outer.is_set()


def _require_promised(digest: str, *, promised: str | None) -> None:
    if promised not in {None, digest}:
        raise BadSource(
            "The bytes that came are not those that were promised: upload the file again.",
            error_class=ErrorClass.SOURCE_CORRUPTED,
        )


def _lost() -> BadSource:
    return BadSource(
        "A part of the upload is not in the store any more: upload the file again.",
        error_class=ErrorClass.SOURCE_MISSING,
    )
