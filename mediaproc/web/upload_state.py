"""An upload over HTTP and what became of it, as the API answers it and a page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mediaproc.core.access import Access
from mediaproc.core.upload_wish import UploadWish
from mediaproc.db.database import Database
from mediaproc.db.resumable_uploads import ResumableUpload
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine


@dataclass(frozen=True, kw_only=True)
class UploadState:
    """An upload and its tasks; `status` is uploading, received, enqueued, duplicate or refused.

    While it is received, it waits to be enqueued; `error` says what for, if anything. `file` is the SHA-256 of its
    bytes, once it is enqueued.
    """

    id: str
    status: str
    filename: str
    profiles: Sequence[str]
    priority: int
    tenant: str
    size: int | None
    received: int
    created_at: datetime
    expires_at: datetime
    file: str | None
    tasks: Sequence[TaskLine]
    error: str | None
    error_class: str | None


def state_of(upload: ResumableUpload, *, database: Database, access: Access) -> UploadState:
    """The upload with its tasks as they are now, for who may see it."""
    wish = UploadWish.of(upload.metadata)
    lines: Sequence[TaskLine] = ()
    if upload.task_ids:
        with database.read() as connection:
            lines = tasks.tasks_named(connection, ids=upload.task_ids)
            if access.tenant is not None:
                lines = tasks.as_read_by(connection, lines, tenant=access.tenant)
    return UploadState(
        id=upload.id,
        status=_status(upload),
        filename=wish.filename,
        profiles=wish.profiles,
        priority=wish.priority,
        tenant=upload.tenant,
        size=upload.size,
        received=upload.received,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
        file=upload.file_id,
        tasks=lines,
        error=upload.error,
        error_class=upload.error_class,
    )


def _status(upload: ResumableUpload) -> str:
    if upload.outcome is not None:
        return upload.outcome
    return "received" if upload.is_received else "uploading"
