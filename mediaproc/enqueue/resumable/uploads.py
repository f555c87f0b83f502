"""What a server may do with uploads: begin one, tell of it, let one request write, remove it, have it enqueued."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from structlog.typing import FilteringBoundLogger

from mediaproc import randomness
from mediaproc.core.errors import AttemptFailed, ErrorClass, Unavailable
from mediaproc.core.keys import is_upload_id
from mediaproc.core.profile import BUILT_IN, profile_named
from mediaproc.core.quantities import told_size
from mediaproc.core.upload_wish import UploadWish
from mediaproc.db import resumable_uploads
from mediaproc.db.database import Database
from mediaproc.db.resumable_uploads import ResumableUpload
from mediaproc.enqueue.enqueued import Enqueued
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.enqueue.resumable.finishing_threads import FinishingThreads
from mediaproc.enqueue.resumable.lease import LEASE
from mediaproc.enqueue.resumable.presigned import PresignedUpload, complete, presign
from mediaproc.enqueue.resumable.refusals import Refusal, UploadRefused
from mediaproc.enqueue.resumable.removal import remove_upload
from mediaproc.enqueue.resumable.workplace import LazyWorkplace
from mediaproc.enqueue.resumable.writing import CHUNK_SIZE, UploadWriter
from mediaproc.enqueue.stored_files import enqueue_stored
from mediaproc.store.interface import Store


class ResumableUploads:
    """The uploads of a site, as one server serves them; thread-safe. Nothing is opened before it is needed."""

    def __init__(
        self,
        *,
        database: Database,
        store: Store,
        scratch_root: Path,
        make_enqueuer: Callable[[], Enqueuer],
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._store = store
        self._log = log
        self._stop = threading.Event()
        self._workplace = LazyWorkplace(scratch_root=scratch_root, make_enqueuer=make_enqueuer)
        self._finishing = FinishingThreads(
            database=database, store=store, workplace=self._workplace, stop=self._stop, log=log
        )

    @property
    def profiles(self) -> Sequence[str]:
        """The names of the profiles that may be asked for."""
        return sorted({*BUILT_IN, *self._workplace.get().enqueuer.extra})

    @property
    def most(self) -> int:
        """Bytes of the largest file that is taken."""
        return self._workplace.get().enqueuer.limits.max_size

    def begin(
        self, *, size: int | None, metadata: Mapping[str, str], tenant: str | None, actor: str
    ) -> ResumableUpload:
        """A new upload of so many bytes, None where its client cannot know; a `tenant` that is bound decides.

        Raises:
            UploadRefused: it is empty, or larger than the site takes.
            WrongUse: the metadata asks for what cannot be.
            Unavailable, PartMissing: database, store, ffmpeg or scratch; or there is no room on the disk.
        """
        enqueuer = self._workplace.get().enqueuer
        wish = UploadWish.of(metadata)
        for profile in wish.profiles:
            profile_named(profile, extra=enqueuer.extra)
        self._require_size(size, most=self.most)
        with self._database.write() as connection:
            return resumable_uploads.create(
                connection,
                upload_id=randomness.secret_bytes(16).hex(),
                bucket=self._store.bucket,
                size=size,
                metadata=metadata,
                tenant=wish.tenant if tenant is None else tenant,
                actor=actor,
            )

    def upload(self, upload_id: str, *, tenant: str | None) -> ResumableUpload:
        """The upload as it stands; where it waits to be enqueued and nobody does it, this server does.

        Raises:
            UploadRefused: there is none, or it is not of this tenant (None: of any).
            Unavailable, PartMissing: the database.
        """
        upload = None
        if is_upload_id(upload_id):
            with self._database.read() as connection:
                upload = resumable_uploads.find(connection, upload_id=upload_id)
        if upload is None or tenant not in {None, upload.tenant}:
            raise UploadRefused(Refusal.NOT_THERE, "There is no such upload, or no more: begin a new one.")
        if upload.is_expired and upload.outcome is None:
            raise UploadRefused(Refusal.GONE, "No byte of the upload came for a day, so it is over: begin a new one.")
        if upload.is_received and upload.ended_at is None and not upload.busy_for:
            self.finish(upload_id)
        return upload

    def write(self, upload_id: str, *, offset: int, tenant: str | None) -> UploadWriter:
        """The writer of the bytes that begin at `offset`, to be closed.

        Raises:
            UploadRefused: as `upload`; somebody else writes, or the bytes do not begin where the upload ends.
            Unavailable, PartMissing: database or scratch.
        """
        upload = self.upload(upload_id, tenant=tenant)
        writer = uuid4()
        if not upload.is_received:
            with self._database.write() as connection:
                if resumable_uploads.begin_writing(
                    connection, upload_id=upload_id, writer=writer, offset=offset, lease=LEASE
                ):
                    return UploadWriter(
                        database=self._database,
                        store=self._store,
                        upload_id=upload_id,
                        writer=writer,
                        received=offset,
                        most=upload.size or self.most,
                        folder=self._workplace.get().scratch.folder,
                        stop=self._stop,
                    )
            upload = self.upload(upload_id, tenant=tenant)
        if upload.received != offset:
            raise UploadRefused(
                Refusal.WRONG_OFFSET, f"The upload goes on at byte {upload.received}, and not at {offset}."
            )
        raise _busy(upload)

    def presign(self, *, size: int, metadata: Mapping[str, str], tenant: str | None, actor: str) -> PresignedUpload:
        """A new upload whose bytes go to the store itself; raises as `begin`, and where the store has no links."""
        upload = self.begin(size=size, metadata=metadata, tenant=tenant, actor=actor)
        try:
            return presign(self._database, self._store, upload=upload, size=size)
        except UploadRefused:
            self.remove(upload.id, tenant=tenant)
            raise

    def complete(self, upload_id: str, *, tenant: str | None) -> ResumableUpload:
        """The upload whose bytes the client has sent to the store, now received.

        Raises:
            UploadRefused: as `upload`; or not all bytes are there.
            Unavailable, PartMissing: database or store.
        """
        upload = self.upload(upload_id, tenant=tenant)
        if not upload.is_received:
            complete(self._database, self._store, upload=upload)
        return self.upload(upload_id, tenant=tenant)

    def remove(self, upload_id: str, *, tenant: str | None) -> None:
        """Forget the upload, with its chunks; what it became stays.

        Raises:
            UploadRefused: as `upload`; or somebody works on it.
            Unavailable, PartMissing: database or store.
        """
        upload = self.upload(upload_id, tenant=tenant)

        def complain(sentence: str) -> None:
            self._log.warning("sweep_left_one", reason=sentence)

        if not remove_upload(self._database, self._store, upload_id=upload_id, on_kept=complain):
            raise _busy(upload)

    def enqueue_stored(self, **wanted: Any) -> Enqueued | None:  # noqa: ANN401 - as `enqueue_stored` has them
        """More tasks of a file that was uploaded before; as `enqueue/stored_files.py`."""
        return enqueue_stored(self._workplace.get().enqueuer, **wanted)

    def finish(self, upload_id: str) -> None:
        """Have a received upload enqueued, soon and by a thread of this server's own.

        Raises:
            Unavailable, PartMissing: ffmpeg or scratch.
        """
        self._finishing.finish(upload_id)

    def keep_taking_up(self) -> None:
        """Have enqueued what other servers left, now and from time to time, until `close`: the body of a thread."""
        self._finishing.keep_taking_up()

    def close(self) -> None:
        """End what runs, which any server takes up again."""
        self._stop.set()
        self._finishing.close()
        self._workplace.close()

    def _require_size(self, size: int | None, *, most: int) -> None:
        if size is None:
            return
        if size < 1:
            raise UploadRefused(Refusal.EMPTY, "The file is empty: upload the original recording.")
        if size > most:
            raise UploadRefused(
                Refusal.TOO_LARGE,
                f"The file has {told_size(size)}; at most {told_size(most)} are accepted.",
            )
        try:
            self._workplace.get().scratch.require_room(size, held=CHUNK_SIZE)
        except AttemptFailed as error:
            raise Unavailable(str(error), error_class=ErrorClass.DISK_FULL) from error


def _busy(upload: ResumableUpload) -> UploadRefused:
    return UploadRefused(
        Refusal.BUSY, f"Somebody else sends bytes of this upload: try again in {upload.busy_for + 1:.0f} s."
    )
