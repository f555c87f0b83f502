"""Tables with many rows of which few match, and the plans of what is asked of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from mediaproc.db.engine import connect

_ROWS = 20_000
_FILL = f"""
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT encode(sha256(n::text::bytea), 'hex'), 'clip', 'media', 'key', 'video/mp4', 1, 'stored'
FROM generate_series(1, {_ROWS}) n;

INSERT INTO media_process
    (file_id, position, profile, tenant, filename, bucket, object_key, status, error_class, error, created_at)
SELECT encode(sha256(n::text::bytea), 'hex'), n, CASE WHEN n % 5000 = 1 THEN 'gif' ELSE 'mp4' END,
       CASE WHEN n % 5000 = 2 THEN 'acme' ELSE '' END, 'clip', 'media', 'key',
       CASE WHEN n % 5000 = 3 THEN 'rejected' ELSE 'pending' END,
       CASE WHEN n % 5000 = 3 THEN 'stalled' END, CASE WHEN n % 5000 = 3 THEN 'It stood.' END,
       now() - n * interval '1 minute'
FROM generate_series(1, {_ROWS}) n;

INSERT INTO media_process_history
    (id, file_id, profile, tenant, filename, bucket, object_key, priority, fail_count, attempt, outcome, error_class,
     claim_token, output_bucket, output_key, output_size, output_sha256, verification, created_at)
SELECT 10000000 + n, encode(sha256(n::text::bytea), 'hex'), CASE WHEN n % 5000 = 1 THEN 'gif' ELSE 'mp4' END,
       CASE WHEN n % 5000 = 2 THEN 'acme' ELSE '' END, 'clip', 'media', 'key', 0, 0, 1, 'completed',
       CASE WHEN n % 5000 = 3 THEN 'stalled' END, gen_random_uuid(), 'b', 'k', 1, 's', 'verified',
       now() - n * interval '1 minute'
FROM generate_series(1, {_ROWS}) n;

-- It would take most of the time to fill the tables.
ALTER TABLE media_upload DISABLE TRIGGER USER;
INSERT INTO media_upload (file_id, tenant, filename, is_shared)
SELECT encode(sha256(n::text::bytea), 'hex'), tenant, 'clip', true
FROM generate_series(1, {_ROWS}) n, unnest(ARRAY[CASE WHEN n % 5000 = 2 THEN 'acme' ELSE '' END, 'all',
  CASE WHEN n <= 3 THEN 'few' END]) tenant
WHERE tenant IS NOT NULL;

INSERT INTO media_process_attempt (claim_token, task_id, attempt, executor_id, shard_index, shard_total)
SELECT gen_random_uuid(), n, 0, gen_random_uuid(), 0, 1 FROM generate_series(1, {_ROWS}) n;

ANALYZE;
"""  # noqa: S608 - numbers of our own

# Of the tasks, of history or of the attempts.
READS_ALL = "Seq Scan on media_process"


def fill(database_url: str) -> None:
    """Fill the tables of an empty database."""
    patient = connect(database_url, has_statement_timeout=False)
    with patient.begin() as connection:
        connection.execute(text(_FILL))
    patient.dispose()


@contextmanager
def explained(asked: Connection | Engine) -> Iterator[list[str]]:
    """The plans of all that is selected inside the block, by the connection or by any of the engine."""
    plans: list[str] = []

    def explain(_: object, cursor: Any, statement: str, parameters: Any, *_others: object) -> None:  # noqa: ANN401
        if statement.lstrip().startswith(("SELECT", "WITH")):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    event.listen(asked, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(asked, "before_cursor_execute", explain)
