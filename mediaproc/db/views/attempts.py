"""What each attempt at a task came to, and what is left of a completed one: its rendition."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from mediaproc.core.lifecycle import Status
from mediaproc.core.notes.record import RecordedNote, count_of, notes_of
from mediaproc.db.ids import is_among
from mediaproc.db.schema import media_process_history
from mediaproc.db.views.lines import lines

_history = media_process_history.c


@dataclass(frozen=True, kw_only=True)
class AttemptLine:
    """One claim of a task; `took` is the time so far while it runs."""

    attempt: int
    claim_token: UUID
    executor_id: UUID
    host: str | None
    pid: int | None
    shard_index: int
    shard_total: int
    started_at: datetime
    finished_at: datetime | None
    took: timedelta
    outcome: str | None
    error_class: str | None
    error: str | None
    log_tail: str | None
    output_key: str | None
    stage_seconds: Mapping[str, float]
    cpu_seconds: float | None
    threads: int | None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A completed task's rendition; sizes in bytes, durations in seconds."""

    id: int
    decision: str | None
    flags: tuple[str, ...]
    verification: str | None
    salvaged_ratio: float | None
    bucket: str
    object_key: str
    output_bucket: str | None
    output_key: str | None
    output_size: int | None
    output_sha256: str | None
    duration: float | None
    width: int | None
    height: int | None
    video_codec: str | None
    audio_codec: str | None
    stage_seconds: Mapping[str, float]
    finished_at: datetime
    # What of a project is not drawn exactly, in the order of its time; and how many things that are in all.
    notes: tuple[RecordedNote, ...]
    notes_count: int


def attempts_of(connection: Connection, *, task_id: int) -> list[AttemptLine]:
    """Every claim of a task, the first one first."""
    return lines(
        connection,
        AttemptLine,
        "SELECT attempt.attempt, attempt.claim_token, attempt.executor_id, executor.host, executor.pid,"
        " attempt.shard_index, attempt.shard_total, attempt.started_at, attempt.finished_at,"
        " coalesce(attempt.finished_at, now()) - attempt.started_at AS took, attempt.outcome, attempt.error_class,"
        " attempt.error, attempt.log_tail, attempt.output_key, attempt.stage_seconds, attempt.cpu_seconds,"
        " attempt.threads"
        " FROM media_process_attempt AS attempt LEFT JOIN media_executor AS executor"
        " ON executor.id = attempt.executor_id WHERE attempt.task_id = :task_id"
        " ORDER BY attempt.started_at, attempt.attempt",
        task_id=task_id,
    )


def endings_of(connection: Connection, *, ids: Collection[int]) -> dict[int, Ending]:
    """What became of completed tasks, by id."""
    columns = [_history[name] for name in Ending.__dataclass_fields__ if name != "notes_count"]
    rows = connection.execute(select(*columns).where(is_among(_history.id, ids), _history.outcome == Status.COMPLETED))
    return {row["id"]: _ending(row) for row in rows.mappings()}


def _ending(row: RowMapping) -> Ending:
    notes = notes_of(row["notes"])
    made = {"flags": tuple(row["flags"]), "notes": notes, "notes_count": count_of(notes)}
    return Ending(**(dict(row) | made))
