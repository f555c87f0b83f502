"""The tasks of the simulation: what waits when a scenario begins, and enqueues by the product's statements."""

import hashlib

from sqlalchemy import Engine, text

from mediaproc.db import files
from mediaproc.db.files import NewFile
from mediaproc.db.tasks.insert import finished_tasks, insert_task, live_tasks
from tests.fleet.simulated_parts import BUCKET, BYTES_A_SECOND

# Sixty seconds on average, in lengths that lie far apart: most uploads are short clips.
MIXED = (10, 20, 30, 45, 60, 75, 90, 150)
_WAITING = """
WITH stored AS (
  INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
  SELECT encode(sha256((:name || n)::bytea), 'hex'), :name || n || '.avi', :bucket,
    'sources/a/b/' || encode(sha256((:name || n)::bytea), 'hex') || '.avi', 'video/x-msvideo',
    (CAST(:sizes AS bigint[]))[1 + n % CAST(:lengths AS integer)], 'stored'
  FROM generate_series(1, CAST(:count AS integer)) n
  RETURNING id, filename, bucket, object_key
)
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, position)
SELECT id, 'mp4', filename, bucket, object_key, row_number() OVER () FROM stored
"""


def add_waiting(engine: Engine, *, count: int, lengths: tuple[float, ...] = MIXED, name: str = "waiting") -> None:
    """So many stored files and due tasks, as long enqueues would have left them; analysed."""
    sizes = [int(seconds * BYTES_A_SECOND) for seconds in lengths]
    with engine.begin() as connection:
        connection.execute(
            text(_WAITING), {"name": name, "bucket": BUCKET, "sizes": sizes, "lengths": len(sizes), "count": count}
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def enqueue(engine: Engine, *, name: str, seconds: float) -> None:
    """One enqueue by the statements of the product, in its two transactions: before the upload and after it."""
    file_id = hashlib.sha256(name.encode()).hexdigest()
    key = f"sources/{file_id[0]}/{file_id[1]}/{file_id}.avi"
    file = NewFile(
        id=file_id,
        filename=f"{name}.avi",
        bucket=BUCKET,
        object_key=key,
        mime_type="video/x-msvideo",
        size=int(seconds * BYTES_A_SECOND),
    )
    with engine.begin() as connection:
        files.begin_upload(connection, file=file)
    with engine.begin() as connection:
        files.store_file(connection, file_id=file_id, bucket=BUCKET, object_key=key)
        live_tasks(connection, file_id=file_id)
        finished_tasks(connection, file_id=file_id)
        insert_task(connection, file_id=file_id, profile="mp4", filename=file.filename, priority=0)
