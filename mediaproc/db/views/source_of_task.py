"""What a task is made from, and what the making has cost so far."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mediaproc.db.schema import media_files, media_process_attempt

_file = media_files.c
_attempt = media_process_attempt.c


@dataclass(frozen=True, kw_only=True)
class SourceOfTask:
    """The stored upload of a task; `cpu_seconds` are those of all attempts, None where nobody measured any."""

    mime_type: str
    size: int
    cpu_seconds: float | None


def source_of_task(connection: Connection, *, task_id: int, file_id: str) -> SourceOfTask | None:
    """The source as it was uploaded; None where it was deleted."""
    cpu = select(func.sum(_attempt.cpu_seconds)).where(_attempt.task_id == task_id).scalar_subquery()
    row = connection.execute(
        select(_file.mime_type, _file.size, cpu.label("cpu_seconds")).where(_file.id == file_id)
    ).one_or_none()
    return None if row is None else SourceOfTask(**row._asdict())
