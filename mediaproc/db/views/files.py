"""Uploads as those see them who have them: the file, its tasks, and where its bytes and its renditions are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from mediaproc.core.lifecycle import Status
from mediaproc.core.selection import Selection
from mediaproc.db.schema import media_files, media_process_history, media_upload
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine

_file = media_files.c
_history = media_process_history.c
_upload = media_upload.c

# Tasks of a file that are told; one has few, unless it was made again and again.
_MOST_TASKS = 200


@dataclass(frozen=True, kw_only=True)
class FileLine:
    """An upload; `id` is the SHA-256 of its bytes, and `filename` the name that its tenant gave it."""

    id: str
    filename: str
    mime_type: str
    size: int
    status: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class WholeFile(FileLine):
    """An upload with its tasks, the latest first, finished ones too."""

    tasks: Sequence[TaskLine]


@dataclass(frozen=True, kw_only=True)
class KeptObject:
    """Where bytes are."""

    bucket: str
    key: str


@dataclass(frozen=True, kw_only=True)
class KeptRendition(KeptObject):
    """Where a rendition is, which task made it, and whether that has notes on it."""

    task_id: int
    has_notes: bool


def file_seen(connection: Connection, *, file_id: str, tenant: str | None) -> FileLine | None:
    """The file; None where there is none, or where the `tenant` has none of these bytes. A deleted one is not there."""
    columns = [_file[name] for name in FileLine.__dataclass_fields__]
    found = select(*columns).where(_file.id == file_id, _file.filename != "")
    if tenant is not None:
        columns = [each for each in columns if each.name != "filename"]
        found = (
            select(*columns, _upload.filename)
            .join_from(media_files, media_upload, _upload.file_id == _file.id)
            .where(_file.id == file_id, _file.filename != "", _upload.tenant == tenant)
        )
    row = connection.execute(found).mappings().first()
    return None if row is None else FileLine(**row)


def tasks_of(connection: Connection, *, file_id: str, tenant: str | None) -> Sequence[TaskLine]:
    """The tasks of the file, the latest first; of a `tenant`, those that it may see.

    Raises:
        WrongUse: as `tasks`.
    """
    selection = Selection(file=(file_id,), tenant=() if tenant is None else (tenant,), reader=tenant)
    return tasks.tasks(connection, selection=selection, with_history=True, limit=_MOST_TASKS)


def source_object(connection: Connection, *, file_id: str) -> KeptObject | None:
    """Where the file's own bytes are, once they have arrived."""
    found = select(_file.bucket, _file.object_key).where(_file.id == file_id, _file.status == "stored")
    row = connection.execute(found).first()
    return None if row is None else KeptObject(bucket=row.bucket, key=row.object_key)


def rendition_object(connection: Connection, *, file_id: str, profile: str) -> KeptRendition | None:
    """Where the latest rendition of the file for the profile is."""
    row = (
        connection.execute(
            select(
                _history.output_bucket.label("bucket"),
                _history.output_key.label("key"),
                _history.id.label("task_id"),
                _history.notes.is_not(None).label("has_notes"),
            )
            .where(_history.file_id == file_id, _history.profile == profile, _history.outcome == Status.COMPLETED)
            .order_by(_history.finished_at.desc(), _history.id.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return None if row is None else KeptRendition(**row)
