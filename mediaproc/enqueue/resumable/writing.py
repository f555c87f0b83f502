"""Keeps the bytes that one request brings: chunk by chunk in the store, each counted once it is there."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

from mediaproc import clock
from mediaproc.core.errors import AttemptFailed, MediaprocError, PartMissing, Unavailable
from mediaproc.core.keys import upload_chunk_key
from mediaproc.db import resumable_uploads, upload_chunks
from mediaproc.db.database import Database
from mediaproc.enqueue.resumable.lease import LEASE, RENEW_EVERY
from mediaproc.enqueue.resumable.refusals import Refusal, UploadRefused
from mediaproc.store.interface import Store
from mediaproc.store.transfer import full_disk_translated

# Bytes of a chunk, the most that a server that dies loses of what was sent to it.
CHUNK_SIZE = 8 * 1024 * 1024


@dataclass(kw_only=True)
class UploadWriter:
    """The one writer of an upload's next bytes, for one thread at a time; `received` are kept, all of them.

    `most` bytes is the upload to have at the end. `folder` holds the chunk that is not full yet. Whoever has it closes
    it, whatever happens.
    """

    database: Database
    store: Store
    upload_id: str
    writer: UUID
    received: int
    most: int
    folder: Path
    stop: Event
    _size: int = field(default=0, init=False)
    _renewed_at: float = field(default_factory=clock.elapsed, init=False)

    def __post_init__(self) -> None:
        self._path = self.folder / str(self.writer)
        self._digest = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        """Take the next bytes of the request; whole chunks are kept at once.

        Raises:
            UploadRefused: these are more than were promised, or another writer has taken over.
            Unavailable, PartMissing: database, store or disk.
            Stopped: the server is told to stop.
        """
        left = memoryview(piece)
        if self.received + self._size + len(left) > self.most:
            raise UploadRefused(
                Refusal.TOO_LARGE, f"More bytes came than the {self.most} that the upload may have: begin it anew."
            )
        while left:
            fits = CHUNK_SIZE - self._size
            self._spool(left[:fits])
            left = left[fits:]
            if self._size == CHUNK_SIZE:
                self._keep()
        if clock.elapsed() - self._renewed_at > RENEW_EVERY:
            self._renew()

    def keep(self) -> None:
        """Keep what came since the last whole chunk; raises as `write`."""
        if self._size:
            self._keep()

    def end_here(self) -> None:
        """Nothing more comes of an upload whose size was not known; raises as `write`.

        Raises:
            UploadRefused: nothing came at all.
        """
        self.keep()
        if not self.received:
            raise UploadRefused(Refusal.EMPTY, "The file is empty: upload the original recording.")
        with self.database.write() as connection:
            resumable_uploads.fix_size(connection, upload_id=self.upload_id, writer=self.writer)

    def close(self, *, is_cut: bool = False) -> None:
        """Let others write; what came since the last whole chunk is kept before, also of a request that was cut.

        Raises as `write` unless `is_cut`: then the client learns the first fault.
        """
        try:
            self.keep()
        except (MediaprocError, OSError):
            if not is_cut:
                raise
        finally:
            self._path.unlink(missing_ok=True)
            # Where that is not possible now, the lease ends by itself.
            with suppress(Unavailable, PartMissing), self.database.write() as connection:
                resumable_uploads.stop_writing(connection, upload_id=self.upload_id, writer=self.writer)

    def _spool(self, piece: memoryview) -> None:
        with full_disk_translated(self.folder), self._path.open("ab") as file:
            file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)

    def _keep(self) -> None:
        """Put the chunk into the store, under a key that is named before; and count it once it is there."""
        chunk: dict[str, Any] = {"upload_id": self.upload_id, "start": self.received, "writer": self.writer}
        with self.database.write() as connection:
            if not upload_chunks.announce(connection, **chunk):
                raise self._replaced()
        key = upload_chunk_key(**chunk)
        try:
            self.store.put(
                key,
                self._path,
                sha256=self._digest.hexdigest(),
                content_type="application/octet-stream",
                stop=self.stop,
            )
        except AttemptFailed as error:
            raise AssertionError("nobody else writes to the spooled chunk") from error
        with self.database.write() as connection:
            is_counted = resumable_uploads.advance(connection, **chunk, size=self._size, lease=LEASE)
            if is_counted:
                upload_chunks.keep(connection, **chunk, size=self._size)
        if not is_counted:
            with suppress(Unavailable):
                self.store.delete(key)
            raise self._replaced()
        self.received += self._size
        self._renewed_at = clock.elapsed()
        self._path.unlink()
        self._size, self._digest = 0, hashlib.sha256()

    def _renew(self) -> None:
        with self.database.write() as connection:
            if not resumable_uploads.keep_writing(
                connection, upload_id=self.upload_id, writer=self.writer, lease=LEASE
            ):
                raise self._replaced()
        self._renewed_at = clock.elapsed()

    def _replaced(self) -> UploadRefused:
        return UploadRefused(
            Refusal.BUSY, "Another request sends bytes of this upload since this one was silent: ask where it stands."
        )
