"""Rows for the tests of views and lists: tasks in every state, made by the product's own statements."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Connection, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Rejected, verdict
from mediaproc.core.notes import Note, NoteCode, Notes, Where, flags_of
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Rendition, Report
from mediaproc.db import executor_registry
from mediaproc.db.executor_registry import Registration
from mediaproc.db.tasks import claim, settle
from mediaproc.db.tasks.claim import Claimant

RENDITION = Rendition(
    bucket="b",
    key="out",
    url="file:///out",
    size=9,
    sha256="f" * 64,
    decision="copy",
    flags=("video:copied",),
    verification="verified",
    salvaged_ratio=None,
    duration=12.5,
    width=640,
    height=360,
    video_codec="h264",
    audio_codec=None,
)
REPORT = Report(stage_seconds={"download": 0.5, "transcode": 8.0}, cpu_seconds=9.5, log_tail="frame= 7")


def failed() -> Failed:
    return Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="ffmpeg gave up.")


def rejected() -> Rejected:
    return Rejected(error_class=ErrorClass.NO_VIDEO, error="There is no video in it.")


def insert_task(connection: Connection, number: int, *, filename: str | None = None) -> int:
    file_id = f"{number:064x}"
    connection.execute(
        text(
            "INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)"
            " VALUES (:id, :name, 'b', 'k', 'video/x-msvideo', 5, 'stored')"
        ),
        {"id": file_id, "name": filename or f"clip {number}.avi"},
    )
    task = connection.scalar(
        text(
            "INSERT INTO media_process (file_id, profile, filename, bucket, object_key)"
            " SELECT id, 'mp4', filename, bucket, object_key FROM media_files WHERE id = :id RETURNING id"
        ),
        {"id": file_id},
    )
    assert isinstance(task, int)
    return task


def executor(
    connection: Connection,
    *,
    host: str = "node-a",
    shard: Shard | None = None,
    weak_sandbox: str | None = None,
    confined: bool = False,
) -> Claimant:
    claimant = Claimant(executor_id=uuid4(), shard=shard or Shard(0, 1), lease=60.0)
    executor_registry.register(
        connection,
        registration=Registration(
            executor_id=claimant.executor_id,
            host=host,
            pid=77,
            shard=claimant.shard,
            slots=2,
            lease=60.0,
            weak_sandbox=weak_sandbox,
            version="1",
            confined=confined,
        ),
    )
    return claimant


def claimed(connection: Connection, claimant: Claimant) -> ClaimedTask:
    (task,) = claim.claim_due(connection, claimant=claimant, limit=1)
    return task


def claimed_at_once(connection: Connection, task_id: int, *, by: Claimant) -> ClaimedTask:
    """The task as claimed, whenever it would be due."""
    connection.execute(text("UPDATE media_process SET next_attempt_at = now() WHERE id = :id"), {"id": task_id})
    (task,) = claim.claim_due(connection, claimant=by, limit=1, only=[task_id])
    return task


def complete(connection: Connection, task: ClaimedTask, *, notes: Sequence[Note] = ()) -> None:
    drawn = replace(RENDITION, notes=tuple(notes), flags=(*RENDITION.flags, *flags_of(notes)))
    assert settle.settle_completed(
        connection, task_id=task.id, claim_token=task.claim_token, rendition=drawn, report=REPORT
    )


def some_notes(name: str = "cat") -> list[Note]:
    """A few of each kind; what the draft calls them is the name."""
    notes = Notes()
    for second, code in enumerate((NoteCode.TRANSITION_UNKNOWN, NoteCode.STICKER, NoteCode.FONT_MISSING)):
        for segment in range(second + 4):
            where = Where(segment_id=f"{name}{segment}", start=(second + segment) * 1_000_000, duration=2_500_000)
            notes.take(code, where, name=name)
    notes.take(NoteCode.RATE_ASSUMED, Where(segment_id="", start=0, duration=20_000_000))
    where = Where(segment_id=name, start=61_000_000, duration=500_000)
    notes.take(NoteCode.TRANSITION_APPROXIMATED, where, name=name, value="slide_left")
    return list(notes.all(duration=90_000_000))


def set_back(connection: Connection, task: ClaimedTask, setback: Failed | Rejected) -> None:
    said = verdict(setback, fail_count=task.fail_count, policy=task_failure(base=3600, cap=3600), jitter=1.0)
    assert settle.settle_setback(connection, task_id=task.id, claim_token=task.claim_token, verdict=said, report=REPORT)
