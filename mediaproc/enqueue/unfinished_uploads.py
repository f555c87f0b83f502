"""Uploads that have not ended: signs that one lives, and the sweep of those that gave none for a day."""

from collections.abc import Callable
from contextlib import suppress

from mediaproc import clock
from mediaproc.core.errors import Unavailable
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.store.deletion import reason_kept
from mediaproc.store.interface import Store

# Seconds between two signs, and how long after the last one an upload is given up.
_SIGN_EVERY = 600.0
GIVEN_UP_AFTER = 86_400.0


class SignsOfLife:
    """Hears of an upload's bytes and keeps its row young; passes the count on."""

    def __init__(self, database: Database, *, file_id: str, on_bytes: Callable[[int], None]) -> None:
        self._database = database
        self._file_id = file_id
        self._on_bytes = on_bytes
        self._given = clock.elapsed()

    def __call__(self, count: int) -> None:
        """`count` more bytes went."""
        self._on_bytes(count)
        if clock.elapsed() - self._given > _SIGN_EVERY:
            self._given = clock.elapsed()
            # A database that is away for a moment is no reason to end an upload of hours: there are more signs to come.
            with suppress(Unavailable), self._database.write() as connection:
                files.keep_upload(connection, file_id=self._file_id)


def sweep_unfinished_uploads(
    database: Database,
    store: Store,
    *,
    given_up_after: float = GIVEN_UP_AFTER,
    on_kept: Callable[[str], None] = lambda _sentence: None,
) -> int:
    """Rows and objects of uploads that gave no sign of life for so many seconds, removed; returns how many.

    An enqueue of the same bytes waits for the row's lock, so that its object cannot go with the old one's. Any number
    of processes may sweep at once. Parts of a multipart upload are for the store's own expiry of stale uploads.
    `on_kept` hears of each object that the store does not give up; it is looked at again after as many seconds.

    Raises:
        Unavailable, PartMissing: database or store; the next sweep goes on from there.
    """
    with database.read() as connection:
        unfinished = files.unfinished_uploads(connection, bucket=store.bucket, older_than=given_up_after)
    return sum(
        _sweep_one(database, store, file_id=file_id, given_up_after=given_up_after, on_kept=on_kept)
        for file_id in unfinished
    )


def _sweep_one(
    database: Database, store: Store, *, file_id: str, given_up_after: float, on_kept: Callable[[str], None]
) -> bool:
    with database.write() as connection:
        key = files.lock_unfinished_upload(connection, file_id=file_id, older_than=given_up_after)
        if key is None:
            return False
        kept = reason_kept(store, key)
        if kept is None:
            files.give_up_upload(connection, file_id=file_id)
        else:
            on_kept(kept)
            files.keep_upload(connection, file_id=file_id)
        return kept is None
