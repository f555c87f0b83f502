"""Old history goes: the objects of its renditions, then its rows, then the sources that nothing else names."""

from dataclasses import dataclass

from mediaproc.db.database import Database
from mediaproc.db.retention import old_history
from mediaproc.db.retention.old_history import OldTask
from mediaproc.removal import BEFORE_ANY_UPLOAD, OnKept, remove_renditions, remove_unfinished_upload
from mediaproc.retention.batches import Batch
from mediaproc.store.interface import Store

# Tasks of a batch: each has an object to delete.
_TASKS = 100


@dataclass(frozen=True, kw_only=True)
class OldHistory:
    """Removes what ended more than `keep` seconds ago; `on_kept` gets a sentence for each object that stays."""

    database: Database
    store: Store
    keep: float
    on_kept: OnKept

    def remove(self, after: OldTask | None) -> Batch[OldTask]:
        """One batch; how many tasks went from history.

        Raises:
            Unavailable, PartMissing: database or store. Nothing is lost by it: each row is named an old one again until
                its object is gone, and each source is in the sweep.
        """
        bucket = self.store.bucket
        with self.database.write() as connection:
            found = old_history.old_tasks(connection, keep=self.keep, limit=_TASKS, after=after)
            files = old_history.lock_files(connection, file_ids={task.file_id for task in found}, bucket=bucket)
            tasks = [task.id for task in found if task.file_id in files]
            deleted = old_history.delete_renditions(connection, task_ids=tasks, keep=self.keep, bucket=bucket)
        remove_renditions(self.database, self.store, renditions=deleted, on_kept=self.on_kept)
        with self.database.write() as connection:
            files = old_history.lock_files(connection, file_ids=files, bucket=bucket)
            tasks = [task.id for task in found if task.file_id in files]
            gone = old_history.delete_tasks(connection, task_ids=tasks, keep=self.keep)
            sources = old_history.give_up_sources(connection, file_ids=frozenset(gone), bucket=bucket)
        for source in sources:
            remove_unfinished_upload(
                self.database, self.store, file_id=source, given_up_after=BEFORE_ANY_UPLOAD, on_kept=self.on_kept
            )
        return Batch(done=len(gone), place=found[-1] if len(found) == _TASKS else None)


@dataclass(frozen=True, kw_only=True)
class LeftRenditions:
    """Finishes deletions that were interrupted: of history, and of files."""

    database: Database
    store: Store
    on_kept: OnKept

    def remove(self, after: int | None) -> Batch[int]:
        """One batch; how many objects are gone."""
        with self.database.read() as connection:
            left = old_history.renditions_to_delete(
                connection, bucket=self.store.bucket, limit=_TASKS, after=after or 0
            )
        gone = remove_renditions(self.database, self.store, renditions=left, on_kept=self.on_kept)
        return Batch(done=gone, place=left[-1].task_id if len(left) == _TASKS else None)
