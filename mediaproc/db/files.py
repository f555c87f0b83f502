"""The statements about files and their uploads, and about the tasks of a file."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    REAL,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from mediaproc.core.lifecycle import Status
from mediaproc.core.position import LEAST_COST
from mediaproc.db.notifications import notify_due
from mediaproc.db.schema import media_files, media_process, media_process_history
from mediaproc.db.tasks.claim_order import position_of
from mediaproc.db.tenants import start_of_next

_file = media_files.c
_task = media_process.c
_history = media_process_history.c


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """What is known of a file before its upload; `id` is the SHA-256 of its bytes, `size` counts them."""

    id: str
    filename: str
    bucket: str
    object_key: str
    mime_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """Where the bytes of a stored file should be."""

    bucket: str
    object_key: str


@dataclass(frozen=True, kw_only=True)
class TaskOfFile:
    """A task that a file has or had; `state` is its status, or its outcome once it is in history."""

    id: int
    profile: str
    state: str
    is_new: bool = False


def find_stored(connection: Connection, *, file_id: str) -> StoredFile | None:
    """The file, if its bytes arrived once."""
    row = connection.execute(
        select(_file.bucket, _file.object_key).where(_file.id == file_id, _file.status == "stored")
    ).first()
    return StoredFile(bucket=row.bucket, object_key=row.object_key) if row else None


def knows_objects(connection: Connection, *, bucket: str) -> bool:
    """Whether the bytes of any file ever arrived in this bucket."""
    return bool(
        connection.execute(select(exists().where(_file.bucket == bucket, _file.status == "stored"))).scalar_one()
    )


def begin_upload(connection: Connection, *, file: NewFile) -> None:
    """Insert the file's row, `uploading`; an unfinished upload is taken over, a stored file stays as it is."""
    values = {
        "filename": file.filename,
        "bucket": file.bucket,
        "object_key": file.object_key,
        "mime_type": file.mime_type,
        "size": file.size,
    }
    connection.execute(
        insert(media_files)
        .values(id=file.id, status="uploading", **values)
        .on_conflict_do_update(
            index_elements=[_file.id],
            set_=values | {"updated_at": func.now()},
            where=_file.status == "uploading",
        )
    )


def keep_upload(connection: Connection, *, file_id: str) -> None:
    """Record that the upload goes on, so that the sweep leaves it for another day."""
    connection.execute(
        update(media_files).where(_file.id == file_id, _file.status == "uploading").values(updated_at=func.now())
    )


def store_file(
    connection: Connection,
    *,
    file_id: str,
    bucket: str,
    object_key: str,
    probe: bytes | None = None,
    is_duplicate: bool = False,
) -> bool:
    """Record that the bytes are stored, and lock the file's row until the transaction ends.

    `probe` is the record of the facts about these bytes; without one, the file keeps the one that it has.

    A settle updates the same row, and so waits for the lock: no task of the file can leave for history between
    `live_tasks` and `insert_task`. Returns False when the row is gone or given up, or, of a duplicate, whose bytes the
    caller has not uploaded, when they are not stored any more: then the caller begins an upload.
    """
    is_there = _file.status == "stored"
    if not is_duplicate:
        is_there |= _file.updated_at > func.to_timestamp(0)
    stored = connection.scalars(
        update(media_files)
        .where(_file.id == file_id, is_there)
        .values(
            status="stored",
            bucket=bucket,
            object_key=object_key,
            updated_at=func.now(),
            **({} if probe is None else {"probe": probe}),
        )
        .returning(_file.id)
    )
    return stored.first() is not None


def kept_probe(connection: Connection, *, file_id: str) -> bytes | None:
    """The record of the facts about the file's bytes, if one is kept."""
    return connection.scalar(select(_file.probe).where(_file.id == file_id))


def live_tasks(connection: Connection, *, file_id: str) -> dict[str, TaskOfFile]:
    """The file's tasks that are not in history, by profile."""
    rows = connection.execute(select(_task.id, _task.profile, _task.status).where(_task.file_id == file_id))
    return {row.profile: TaskOfFile(id=row.id, profile=row.profile, state=row.status) for row in rows}


def finished_tasks(connection: Connection, *, file_id: str) -> dict[str, TaskOfFile]:
    """The file's tasks in history, the latest of each profile."""
    rows = connection.execute(
        select(_history.id, _history.profile, _history.outcome)
        # What is deleted is no rendition any more: the same bytes are a new file's.
        .where(_history.file_id == file_id, _history.outcome != "deleted")
        # The mapping keeps the last task of each profile.
        .order_by(_history.id)
    )
    return {row.profile: TaskOfFile(id=row.id, profile=row.profile, state=row.outcome) for row in rows}


def insert_task(
    connection: Connection,
    *,
    file_id: str,
    profile: str,
    filename: str,
    priority: int,
    tenant: str = "",
    cost: float = LEAST_COST,
) -> TaskOfFile:
    """Insert a task, pending and due by the defaults of its columns (`db/schema/tasks.py`), behind its tenant's last.

    `cost` is expected of it, in seconds of one slot's work.

    The transaction has locked the file's row by `store_file`, and `live_tasks` has shown no task for this profile.
    Without that check the insert would wait, by the unique key, until a settle has deleted the old task, while the
    settle waits for the file's row: a deadlock.
    """
    given = {
        "of_file": file_id,
        "of_profile": profile,
        "of_name": filename,
        "of_priority": priority,
        "of_tenant": tenant,
        "of_cost": max(cost, LEAST_COST),
    }
    inserted = connection.execute(_insertion(), given).one()
    return TaskOfFile(id=inserted.id, profile=profile, state=Status.PENDING, is_new=True)


@lru_cache(maxsize=1)
def _insertion() -> ReturningInsert[Any]:
    """Built once, since SQLAlchemy takes longer to build it than PostgreSQL to run it."""
    start = start_of_next(tenant="of_tenant", cost="of_cost")
    priority = bindparam("of_priority", type_=Integer)
    row = {
        "file_id": _file.id,
        "profile": bindparam("of_profile", type_=Text),
        "filename": bindparam("of_name", type_=Text),
        "bucket": _file.bucket,
        "object_key": _file.object_key,
        "priority": priority,
        "tenant": bindparam("of_tenant", type_=Text),
        "position": position_of(select(start.c.last_start).scalar_subquery(), priority=priority),
        "expected_cost": bindparam("of_cost", type_=REAL),
    }
    return (
        insert(media_process)
        .from_select(list(row), select(*row.values()).where(_file.id == bindparam("of_file", type_=Text)))
        # PostgreSQL sends the notification when this transaction commits, so never before the bytes are stored.
        .returning(_task.id, notify_due(_task.id))
    )


def follow_file(connection: Connection, *, file_id: str) -> None:
    """Point the file's tasks that nobody works on at its present object, after the site has got another store."""
    idle = (
        select(_task.id)
        .where(_task.file_id == file_id, _task.status != Status.PROCESSING)
        .with_for_update(skip_locked=True)
    )
    connection.execute(
        update(media_process)
        .where(
            _task.id.in_(idle),
            _file.id == _task.file_id,
            tuple_(_task.bucket, _task.object_key) != tuple_(_file.bucket, _file.object_key),
        )
        .values(bucket=_file.bucket, object_key=_file.object_key, updated_at=func.now())
    )


def abandon_upload(connection: Connection, *, file_id: str) -> None:
    """Let the next sweep remove an upload that ended in vain: the role of an enqueuer may not delete the row itself."""
    connection.execute(
        update(media_files)
        .where(_file.id == file_id, _file.status == "uploading")
        .values(updated_at=func.to_timestamp(0))
    )


def give_up_upload(connection: Connection, *, file_id: str) -> None:
    """Delete the row of an upload, as if it had never begun; a stored file stays."""
    connection.execute(delete(media_files).where(_file.id == file_id, _file.status == "uploading"))


def unfinished_uploads(connection: Connection, *, bucket: str, older_than: float, limit: int = 100) -> list[str]:
    """The files whose uploads into this bucket gave no sign of life for `older_than` seconds, oldest first."""
    return list(
        connection.scalars(
            select(_file.id)
            .where(is_unfinished(bucket=bucket, older_than=timedelta(seconds=older_than)))
            .order_by(_file.updated_at)
            .limit(limit)
        )
    )


def is_unfinished(
    *, bucket: str | BindParameter[str], older_than: timedelta | BindParameter[timedelta]
) -> ColumnElement[bool]:
    """Whether the file's upload into this bucket gave no sign of life for so long."""
    # The status as a literal: from a parameter a generic plan could not prove that the index applies.
    return and_(
        text("media_files.status = 'uploading'"), _file.bucket == bucket, _file.updated_at < func.now() - older_than
    )


def lock_unfinished_upload(connection: Connection, *, file_id: str, older_than: float) -> str | None:
    """Lock the upload's row against being taken over; returns its object key, or None when it is not there to sweep."""
    return connection.scalars(
        select(_file.object_key)
        .where(
            _file.id == file_id,
            _file.status == "uploading",
            _file.updated_at < func.now() - timedelta(seconds=older_than),
        )
        .with_for_update(skip_locked=True)
    ).first()
