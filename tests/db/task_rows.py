"""Rows for the tests of the task table: files and tasks without an upload, and claims by made-up executors."""

import hashlib
from collections.abc import Iterable
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, insert, select, text

from mediaproc.core.notes import Note, NoteCode
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Rendition
from mediaproc.db.executor_registry import Registration
from mediaproc.db.schema import media_files, media_process, media_process_attempt, media_process_history
from mediaproc.db.tasks.claim import Claimant, claim_due
from tests.parts.waiting import until


def claimant(*, shard: Shard = Shard(0, 1), lease: float = 60.0) -> Claimant:  # noqa: B008 - a frozen value
    return Claimant(executor_id=uuid4(), shard=shard, lease=lease)


def add_tasks(engine: Engine, *, count: int, name: str = "clip", priority: int = 0, bucket: str = "media") -> list[int]:
    """The ids of `count` pending tasks, each with a stored file of its own."""
    with engine.begin() as connection:
        return [
            _add_task(connection, name=f"{name}-{number}", priority=priority, bucket=bucket) for number in range(count)
        ]


def _add_task(connection: Connection, *, name: str, priority: int, bucket: str) -> int:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    place = {"filename": f"{name}.avi", "bucket": bucket, "object_key": f"{sha256}.avi"}
    connection.execute(
        insert(media_files).values(id=sha256, mime_type="video/x-msvideo", size=1000, status="stored", **place)
    )
    added = insert(media_process).values(file_id=sha256, profile="mp4", priority=priority, **place)
    task_id: int = connection.scalars(added.returning(media_process.c.id)).one()
    return task_id


def registration(*, shard: Shard, confined: bool = False) -> Registration:
    return Registration(
        executor_id=uuid4(), host="node", pid=1, shard=shard, slots=2, lease=60, weak_sandbox=None, version="1",
        confined=confined,
    )  # fmt: skip


def claim_one(engine: Engine, *, by: Claimant | None = None) -> ClaimedTask:
    with engine.begin() as connection:
        (task,) = claim_due(connection, claimant=by or claimant(), limit=1)
    return task


def rendition(task: ClaimedTask) -> Rendition:
    return Rendition(
        bucket="media",
        key=f"{task.file_id}/{task.claim_token}.mp4",
        url=f"http://store.example/{task.claim_token}.mp4",
        size=900,
        sha256="0" * 64,
        decision="encode",
        flags=("video_codec",),
        verification="verified",
        salvaged_ratio=None,
        duration=2.0,
        width=320,
        height=240,
        video_codec="h264",
        audio_codec=None,
    )


def sticker_notes(count: int) -> tuple[Note, ...]:
    """One a second, each of another segment."""
    return tuple(
        Note(code=NoteCode.STICKER, segment_id=f"s{n}", start=n * 1_000_000, duration=500_000, name="cat")
        for n in range(count)
    )


def task_row(engine: Engine, task_id: int) -> Row[tuple[object, ...]] | None:
    with engine.connect() as connection:
        return connection.execute(select(media_process).where(media_process.c.id == task_id)).one_or_none()


def history_row(engine: Engine, task_id: int) -> Row[tuple[object, ...]] | None:
    with engine.connect() as connection:
        found = select(media_process_history).where(media_process_history.c.id == task_id)
        return connection.execute(found).one_or_none()


def attempt_outcomes(engine: Engine, task_id: int) -> list[str | None]:
    """The outcomes of the task's attempts, in order."""
    with engine.connect() as connection:
        found = (
            select(media_process_attempt.c.outcome)
            .where(media_process_attempt.c.task_id == task_id)
            .order_by(media_process_attempt.c.attempt)
        )
        return list(connection.scalars(found))


def tokens(tasks: Iterable[ClaimedTask]) -> set[UUID]:
    return {task.claim_token for task in tasks}


def wait_for_a_lock(engine: Engine) -> None:
    """Returns once another connection waits for a row.

    Raises:
        TimeoutError: none did.
    """

    def is_waited_for() -> bool:
        with engine.connect() as connection:
            return bool(
                connection.scalar(
                    text(
                        "SELECT count(*) FROM pg_stat_activity"
                        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                    )
                )
            )

    until(is_waited_for)
