"""The statements that delete a file: its tasks, its renditions and what is told of them; the objects go afterwards.

The order of locks is that of a settle: first the file's tasks, then the file's row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, literal, null, or_, select, update

from mediaproc.core.message import MessageType
from mediaproc.db.ids import is_file_among
from mediaproc.db.outbox import tell_of_end
from mediaproc.db.schema import (
    media_delivery,
    media_files,
    media_process,
    media_process_attempt,
    media_process_history,
    media_upload,
)

_file = media_files.c
_upload = media_upload.c
_task = media_process.c
_delivery = media_delivery.c
_attempt = media_process_attempt.c
_history = media_process_history.c

# An upload shows more often than this that it goes on.
_RUNS_WITHIN = timedelta(minutes=20)

# What is left of a task: its ids, its times and what it cost. The key is named until its object is gone.
_LEFT = MappingProxyType(
    {
        "outcome": "deleted",
        **dict.fromkeys(("filename", "bucket", "object_key"), ""),
        "delete_bucket": func.coalesce(_history.output_bucket, _history.delete_bucket),
        "delete_key": func.coalesce(_history.output_key, _history.delete_key),
        **dict.fromkeys(("output_bucket", "output_key", "output_size", "output_sha256", "verification"), null()),
        **dict.fromkeys(("error_class", "error", "decision", "salvaged_ratio", "width", "height"), null()),
        **dict.fromkeys(("video_codec", "audio_codec", "notes"), null()),
        "flags": literal([], _history.flags.type),
    }
)


@dataclass(frozen=True, kw_only=True)
class FileToDelete:
    """A file's row, locked; `is_deleted`: a deletion has begun. `is_uploading`: its bytes are on their way."""

    bucket: str
    is_deleted: bool
    is_uploading: bool


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much a deletion would take; `shared` are files that other tenants keep."""

    files: int
    shared: int
    size: int
    tasks: int
    renditions: int


def files_of_tenant(connection: Connection, *, tenant: str, limit: int, after: str = "") -> Sequence[str]:
    """The files that the tenant has, in the order of their ids, those after `after`."""
    return connection.scalars(
        select(_upload.file_id)
        .where(_upload.tenant == tenant, _upload.file_id > after)
        .order_by(_upload.file_id)
        .limit(limit)
    ).all()


def tenants(connection: Connection, *, file_id: str) -> frozenset[str]:
    """Whose upload the file is."""
    return frozenset(connection.scalars(select(_upload.tenant).where(_upload.file_id == file_id)))


def lock_tasks(connection: Connection, *, file_id: str) -> Sequence[int]:
    """Lock the rows of the file's tasks that are not in history; returns the tasks."""
    return connection.scalars(
        select(_task.id).where(_task.file_id == file_id).order_by(_task.id).with_for_update()
    ).all()


def has_tasks(connection: Connection, *, file_id: str) -> bool:
    """Whether a task of the file is not in history."""
    return connection.scalar(select(_task.id).where(_task.file_id == file_id).limit(1)) is not None


def lock_file(connection: Connection, *, file_id: str) -> FileToDelete | None:
    """Lock the file's row, so that nobody inserts a task of it; None when there is none."""
    runs = and_(_file.status == "uploading", _file.filename != "", _file.updated_at > func.now() - _RUNS_WITHIN)
    row = connection.execute(
        select(_file.bucket, (_file.filename == "").label("is_deleted"), runs.label("is_uploading"))
        .where(_file.id == file_id)
        .with_for_update()
    ).first()
    return None if row is None else FileToDelete(**row._mapping)  # noqa: SLF001 - documented, in spite of its name


def is_known(connection: Connection, *, file_id: str) -> bool:
    """Whether a task of the file was ever done, or is to be."""
    return connection.scalar(select(_history.id).where(_history.file_id == file_id).limit(1)) is not None


def has_more_than_ids(connection: Connection, *, file_id: str) -> bool:
    """Whether history tells anything of the file that a deletion would remove, an object's key included."""
    more = or_(_history.filename != "", _history.delete_key.is_not(None))
    return connection.scalar(select(_history.id).where(_history.file_id == file_id, more).limit(1)) is not None


def buckets_elsewhere(connection: Connection, *, file_id: str, bucket: str) -> Sequence[str]:
    """The other buckets in which the file has renditions."""
    return connection.scalars(
        select(_history.output_bucket).where(_history.file_id == file_id, _history.output_bucket != bucket).distinct()
    ).all()


def forget_upload(connection: Connection, *, file_id: str, tenant: str) -> bool:
    """The tenant has the file no more; returns whether it had."""
    return (
        connection.scalars(
            delete(media_upload).where(_upload.file_id == file_id, _upload.tenant == tenant).returning(_upload.file_id)
        ).first()
        is not None
    )


def delete_history(connection: Connection, *, file_id: str) -> int:
    """Leave of the file's tasks what has no name, no text and no key; returns how many had more than that."""
    connection.execute(
        update(media_process_attempt)
        .where(_history.file_id == file_id, _attempt.task_id == _history.id)
        .values(
            log_tail=null(),
            error=null(),
            error_class=null(),
            # An object that is still to be swept is named by nothing else.
            **{name: _unless_to_sweep(_attempt[name]) for name in ("output_bucket", "output_key")},
        )
    )
    left = (
        update(media_process_history)
        .where(_history.file_id == file_id, _history.filename != "")
        .values(**_LEFT)
        .returning(*_history)
        .cte("left_of_tasks")
    )
    told = tell_of_end(left, type_=MessageType.DELETED)
    return len(connection.scalars(select(left.c.id).add_cte(told)).all())


def _unless_to_sweep(column: ColumnElement[str | None]) -> ColumnElement[str | None]:
    return case((_attempt.sweep_after.is_not(None), column), else_=null())


def delete_messages(connection: Connection, *, file_id: str) -> None:
    """Delete the messages about the file's tasks that nobody will send any more; those on their way are still due."""
    tasks = select(_history.id).where(_history.file_id == file_id)
    is_over = or_(_delivery.delivered_at.is_not(None), _delivery.dead_at.is_not(None))
    connection.execute(delete(media_delivery).where(_delivery.task_id.in_(tasks), is_over))


def give_up_file(connection: Connection, *, file_id: str) -> None:
    """Nobody has the file any more, and the sweep may remove its object; its bytes would be a new upload."""
    connection.execute(delete(media_upload).where(_upload.file_id == file_id))
    connection.execute(
        update(media_files)
        .where(_file.id == file_id)
        .values(filename="", url=null(), probe=null(), status="uploading", updated_at=func.to_timestamp(0))
    )


def extent(connection: Connection, *, file_ids: Collection[str], tenant: str | None) -> Extent:
    """How much the deletion of these files would take, or, with a tenant, the end of its having them."""
    known = select(_file.id, _file.size).where(is_file_among(_file.id, file_ids)).cte("known_file")
    shared = select(_upload.file_id).distinct().where(_upload.file_id.in_(select(known.c.id)), _upload.tenant != tenant)
    kept = frozenset(connection.scalars(shared)) if tenant is not None else frozenset()
    rows = {row.id: row.size for row in connection.execute(select(known)) if row.id not in kept}
    tasks = select(func.count()).where(is_file_among(_task.file_id, rows))
    renditions = select(func.count()).where(is_file_among(_history.file_id, rows), _history.output_key.is_not(None))
    return Extent(
        files=len(rows),
        shared=len(kept),
        size=sum(rows.values()),
        tasks=connection.scalar(tasks) or 0,
        renditions=connection.scalar(renditions) or 0,
    )
