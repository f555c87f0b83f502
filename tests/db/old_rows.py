"""Rows of the past for the tests of the retention; ages are seconds before the transaction that inserts them."""

import hashlib
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

DAY = 86_400.0

_FILE = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status, url)
VALUES (:id, 'holiday.avi', :bucket, :key, 'video/x-msvideo', 5, 'stored', :url) ON CONFLICT DO NOTHING
"""
_HISTORY = """
INSERT INTO media_process_history
    (id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, outcome, claim_token,
     output_bucket, output_key, output_size, output_sha256, verification, flags, created_at, finished_at)
SELECT :id, id, :profile, filename, bucket, object_key, 0, 0, 1, :outcome, :token, :bucket, :key, :size, :sha256,
       :verification, '{audio_codec}', now() - make_interval(secs => :age + 60), now() - make_interval(secs => :age)
FROM media_files WHERE id = :file
"""
_ATTEMPT = """
INSERT INTO media_process_attempt
    (claim_token, task_id, attempt, executor_id, shard_index, shard_total, started_at, finished_at, outcome, log_tail,
     error_class, error, output_bucket, output_key, sweep_after)
VALUES (:token, :task, 1, gen_random_uuid(), 0, 1, now() - make_interval(secs => :age + 30),
        CASE WHEN CAST(:outcome AS text) IS NOT NULL THEN now() - make_interval(secs => :age) END, :outcome, :log_tail,
        CASE WHEN CAST(:outcome AS text) <> 'completed' THEN 'lost' END,
        CASE WHEN CAST(:outcome AS text) <> 'completed' THEN 'holiday.avi is torn.' END,
        :bucket, :key, CASE WHEN CAST(:to_sweep AS boolean) THEN now() END)
"""


def sha256_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def add_file(connection: Connection, name: str, *, bucket: str = "media", url: str | None = None) -> str:
    """The id of a stored file; its object's key is that of no object yet."""
    file_id = sha256_of(name)
    connection.execute(text(_FILE), {"id": file_id, "bucket": bucket, "key": f"sources/{file_id}.avi", "url": url})
    return file_id


def add_ended_task(
    connection: Connection,
    task: int,
    *,
    age: float,
    file: str = "film",
    profile: str = "mp4",
    outcome: str = "completed",
    bucket: str = "media",
) -> str | None:
    """A task in history; the key of its rendition, if it has one."""
    token = uuid4()
    key = f"renditions/{token}/{profile}.mp4" if outcome == "completed" else None
    connection.execute(
        text(_HISTORY),
        {
            "id": task,
            "file": add_file(connection, file, bucket=bucket),
            "profile": profile,
            "outcome": outcome,
            "token": token,
            "bucket": bucket if key else None,
            "key": key,
            "size": 9 if key else None,
            "sha256": "f" * 64 if key else None,
            "verification": "verified" if key else None,
            "age": age,
        },
    )
    return key


def add_attempt(
    connection: Connection,
    task: int,
    *,
    age: float,
    outcome: str | None = "completed",
    log_tail: str | None = None,
    key: str | None = None,
    to_sweep: bool = False,
) -> UUID:
    """An attempt at the task; its claim token."""
    token = uuid4()
    given = {"token": token, "task": task, "age": age, "outcome": outcome, "log_tail": log_tail, "key": key}
    connection.execute(text(_ATTEMPT), given | {"bucket": "media" if key else None, "to_sweep": to_sweep})
    return token
