"""Remove objects together with the rows that name them: a row stays until its object is gone, whatever happens between.

The sweep, the retention and the deletion of a file all end here; any of them finishes what another one left.
"""

from collections.abc import Callable, Sequence

from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.retention import old_history
from mediaproc.db.retention.old_history import DeletedRendition
from mediaproc.store.deletion import reason_kept
from mediaproc.store.interface import Store

OnKept = Callable[[str], None]


# Seconds without a sign of life that only a file has which was given up: it counts as an upload that began in 1970.
BEFORE_ANY_UPLOAD = 86_400.0


def remove_unfinished_upload(
    database: Database, store: Store, *, file_id: str, given_up_after: float, on_kept: OnKept
) -> bool:
    """Remove the object and the row of an upload that gave no sign of life for so long; returns whether both are gone.

    An enqueue of the same bytes waits for the row's lock, so that its new object cannot be removed. `on_kept` gets a
    sentence where the store refuses to delete the object.

    Raises:
        Unavailable, PartMissing: database or store; the next call goes on from there.
    """
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


def remove_renditions(
    database: Database, store: Store, *, renditions: Sequence[DeletedRendition], on_kept: OnKept
) -> int:
    """Delete the objects of renditions that are deleted, then forget their keys; returns how many are gone.

    No transaction is open while the store works: each key belongs to one claim for ever, so that nobody can put another
    object there. What is interrupted is done again, since the rows name the objects until then.

    Raises:
        Unavailable, PartMissing: as `remove_unfinished_upload`.
    """
    gone = []
    for rendition in renditions:
        kept = reason_kept(store, rendition.key)
        if kept is None:
            gone.append(rendition.task_id)
        else:
            on_kept(kept)
    if gone:
        with database.write() as connection:
            old_history.forget_deleted(connection, task_ids=gone)
    return len(gone)
