"""Uploads that have not ended: the keep-alive of one that runs, and the sweep of those without one for a day."""

from collections.abc import Callable
from contextlib import suppress

from mediaproc import clock
from mediaproc.core.errors import Unavailable
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.removal import remove_unfinished_upload
from mediaproc.store.interface import Store

# Seconds from one keep-alive to the next, and from the last one to the sweep.
_KEEP_ALIVE_EVERY = 600.0
GIVEN_UP_AFTER = 86_400.0


class UploadKeepAlive:
    """Renews the time in an upload's row while its bytes go; passes each count of bytes on."""

    def __init__(self, database: Database, *, file_id: str, on_bytes: Callable[[int], None]) -> None:
        self._database = database
        self._file_id = file_id
        self._on_bytes = on_bytes
        self._last = clock.elapsed()

    def __call__(self, count: int) -> None:
        """`count` more bytes went."""
        self._on_bytes(count)
        if clock.elapsed() - self._last > _KEEP_ALIVE_EVERY:
            self._last = clock.elapsed()
            # A database that is away for a moment is no reason to end an upload of hours: more keep-alives follow.
            with suppress(Unavailable), self._database.write() as connection:
                files.keep_upload(connection, file_id=self._file_id)


def sweep_unfinished_uploads(
    database: Database,
    store: Store,
    *,
    given_up_after: float = GIVEN_UP_AFTER,
    on_kept: Callable[[str], None] = lambda _sentence: None,
) -> int:
    """Removes rows and objects of uploads without a keep-alive for so many seconds; returns how many uploads.

    An enqueue of the same bytes waits for the row's lock, so that this sweep cannot remove the new object. Any number
    of processes may sweep at once. The store's own expiry of stale uploads removes the parts of a multipart upload.
    `on_kept` gets a sentence for each object that the store refuses to delete; a later sweep tries it again after as
    many seconds.

    Raises:
        Unavailable, PartMissing: database or store; the next sweep goes on from there.
    """
    with database.read() as connection:
        unfinished = files.unfinished_uploads(connection, bucket=store.bucket, older_than=given_up_after)
    return sum(
        remove_unfinished_upload(database, store, file_id=file_id, given_up_after=given_up_after, on_kept=on_kept)
        for file_id in unfinished
    )
