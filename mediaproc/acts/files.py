"""Delete a file: an upload and everything that was made of it."""

from collections.abc import Callable
from dataclasses import dataclass

from mediaproc.core.safe_text import quoted
from mediaproc.core.selection import Selection
from mediaproc.db import audit, file_deletion
from mediaproc.db.database import Connection, Database
from mediaproc.db.file_deletion import FileToDelete
from mediaproc.db.retention import old_history
from mediaproc.db.tasks import operator_acts
from mediaproc.removal import BEFORE_ANY_UPLOAD, remove_renditions, remove_unfinished_upload
from mediaproc.store.interface import Store

# Renditions whose objects are deleted before their keys are forgotten.
_RENDITIONS = 100
# How often a deletion begins anew since another task of the file was inserted meanwhile. More than once that is chance.
_MOST_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class DeletedFile:
    """What became of a file. `is_kept_for` others: only this tenant has it no more.

    `refused` is a sentence where nothing was changed; `left` are sentences on objects that the store keeps.
    """

    file: str
    cancelled: int = 0
    renditions: int = 0
    is_kept_for_others: bool = False
    refused: str | None = None
    left: tuple[str, ...] = ()


class _Changed(Exception):
    """The file has got a task, or another tenant, since the deletion looked."""


class _Refused(Exception):
    """Why the file is not deleted, as a sentence; whatever was changed is rolled back."""


def delete_file(
    database: Database, store: Store, *, file_id: str, tenant: str | None = None, actor: str
) -> DeletedFile:
    """Cancel the file's tasks, delete its renditions and its source; history keeps ids, times and `deleted`.

    Objects go before the rows that name them: a deletion that is interrupted is finished by its repetition, by the
    retention and by the sweep. Of a `tenant`: a file that another tenant has too stays, and this one has it no more.

    Raises:
        Unavailable, PartMissing: database or store.
    """
    begun = _begin(database, store, file_id=file_id, tenant=tenant, actor=actor)
    if begun.refused is not None or begun.is_kept_for_others:
        return begun
    left: list[str] = []
    renditions = _remove_renditions(database, store, file_id=file_id, on_kept=left.append)
    remove_unfinished_upload(database, store, file_id=file_id, given_up_after=BEFORE_ANY_UPLOAD, on_kept=left.append)
    return DeletedFile(file=file_id, cancelled=begun.cancelled, renditions=renditions, left=tuple(left))


def _begin(database: Database, store: Store, *, file_id: str, tenant: str | None, actor: str) -> DeletedFile:
    """The transaction after which nothing of the file is to be seen any more."""
    for _ in range(_MOST_TRIES):
        try:
            with database.write() as connection:
                return _give_up(connection, bucket=store.bucket, file_id=file_id, tenant=tenant, actor=actor)
        except _Changed:
            continue
        except _Refused as refused:
            return DeletedFile(file=file_id, refused=str(refused))
    return DeletedFile(file=file_id, refused=f"The file {file_id} is enqueued over and over: delete it again later.")


def _give_up(connection: Connection, *, bucket: str, file_id: str, tenant: str | None, actor: str) -> DeletedFile:
    is_shared = _is_shared(connection, file_id=file_id, tenant=tenant)
    tasks = [] if is_shared else file_deletion.lock_tasks(connection, file_id=file_id)
    cancelled = len(operator_acts.cancel(connection, ids=tasks))
    file = file_deletion.lock_file(connection, file_id=file_id)
    if is_shared != _is_shared(connection, file_id=file_id, tenant=tenant):
        raise _Changed
    if not is_shared and file_deletion.has_tasks(connection, file_id=file_id):
        raise _Changed
    selection = str(Selection(file=(file_id,), tenant=() if tenant is None else (tenant,)))
    if is_shared:
        had = tenant is not None and file_deletion.forget_upload(connection, file_id=file_id, tenant=tenant)
        audit.record(connection, actor=actor, act="files delete", selection=selection, count=int(had))
        return DeletedFile(file=file_id, is_kept_for_others=True)
    _require_deletable(connection, file=file, file_id=file_id, bucket=bucket)
    changed = file_deletion.delete_history(connection, file_id=file_id)
    file_deletion.delete_messages(connection, file_id=file_id)
    file_deletion.give_up_file(connection, file_id=file_id)
    is_new = changed > 0 or (file is not None and not file.is_deleted)
    audit.record(connection, actor=actor, act="files delete", selection=selection, count=int(is_new))
    return DeletedFile(file=file_id, cancelled=cancelled)


def _is_shared(connection: Connection, *, file_id: str, tenant: str | None) -> bool:
    return tenant is not None and bool(file_deletion.tenants(connection, file_id=file_id) - {tenant})


def _require_deletable(connection: Connection, *, file: FileToDelete | None, file_id: str, bucket: str) -> None:
    if file is None and not file_deletion.has_more_than_ids(connection, file_id=file_id):
        is_known = file_deletion.is_known(connection, file_id=file_id)
        raise _Refused(f"The file {file_id} is deleted already." if is_known else f"There is no file {file_id}.")
    if file is not None and file.is_uploading:
        raise _Refused(f"The file {file_id} is being uploaded right now: delete it once that has ended.")
    elsewhere = set(file_deletion.buckets_elsewhere(connection, file_id=file_id, bucket=bucket))
    if file is not None:
        elsewhere |= {file.bucket} - {bucket}
    if elsewhere:
        raise _Refused(
            f"The file {file_id} has objects in {quoted(min(elsewhere))}, which is not the bucket of"
            " MEDIAPROC_STORE_URL: delete it with a URL of that one."
        )


def _remove_renditions(database: Database, store: Store, *, file_id: str, on_kept: Callable[[str], None]) -> int:
    removed, after = 0, 0
    while True:
        with database.read() as connection:
            found = old_history.renditions_to_delete(
                connection, bucket=store.bucket, limit=_RENDITIONS, after=after, file_id=file_id
            )
        if not found:
            return removed
        removed += remove_renditions(database, store, renditions=found, on_kept=on_kept)
        after = found[-1].task_id
