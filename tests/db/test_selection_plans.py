"""A page of a selection walks an index and stops at its end, however many rows there are and how few match."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.db.engine import connect
from mediaproc.db.views import tasks

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
_READS_ALL = "Seq Scan on media_process"

_WALKED: Mapping[str, str] = {
    "status:pending": "media_process_created_at_idx",
    "older:200h": "media_process_created_at_idx",
    "shard:1/3": "media_process_created_at_idx",
    "status:rejected|failed older:1h": "media_process_failed_idx",
    "class:stalled": "media_process_error_class_idx",
    "profile:gif": "media_process_profile_idx",
    "tenant:acme": "media_process_tenant_idx",
    "file:deadbeef": "media_process_file_id_profile_key",
    "executor:aaaaaaaa": "media_process_attempt_executor_id_idx",
    "status:processing": "media_process_processing_idx",
    "status:completed": "media_process_history_created_at_idx",
    "status:completed newer:2h": "media_process_history_created_at_idx",
    "status:cancelled": "media_process_history_not_completed_idx",
    "status:completed class:stalled": "media_process_history_error_class_idx",
    "status:completed profile:gif": "media_process_history_profile_idx",
    "status:completed tenant:acme": "media_process_history_tenant_idx",
    "status:completed file:deadbeef": "media_process_history_file_id_idx",
    "status:deleted|cancelled": "media_process_history_not_completed_idx",
}


# What each table's part of a tenant's page walks: its own tasks, and those of its files that are another tenant's.
_WALKED_OF_TENANTS: Mapping[str, Collection[str]] = {
    # It has all files with others, and no task of its own.
    "tenant:all": {"media_process_tenant_idx", "media_process_created_at_idx", "media_upload_pkey"},
    "status:completed tenant:all": {
        *("media_process_history_tenant_idx", "media_process_history_created_at_idx", "media_upload_pkey"),
    },
    # It has three of 20,000.
    "tenant:few": {"media_upload_shared_idx", "media_process_file_id_profile_key"},
    "status:completed tenant:few": {"media_upload_shared_idx", "media_process_history_file_id_idx"},
    "tenant:acme": {"media_process_tenant_idx", "media_upload_shared_idx"},
    # Nearly every task is its own.
    'tenant:""': {"media_process_created_at_idx", "media_upload_pkey"},
    "tenant:nobody": {"media_process_tenant_idx", "media_upload_shared_idx"},
}


@pytest.fixture
def crowded(engine: Engine, database_url: str) -> Iterator[Connection]:
    patient = connect(database_url, has_statement_timeout=False)
    with patient.begin() as connection:
        connection.execute(text(_FILL))
    patient.dispose()
    with engine.begin() as connection:
        yield connection


@contextmanager
def _explained(connection: Connection) -> Iterator[list[str]]:
    """The plans of all that is selected inside the block."""
    plans: list[str] = []

    def explain(_: object, cursor: Any, statement: str, parameters: Any, *_others: object) -> None:  # noqa: ANN401
        if statement.startswith("SELECT"):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    event.listen(connection, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(connection, "before_cursor_execute", explain)


def _plan(connection: Connection, selection: Selection, *, with_history: bool = False) -> str:
    with _explained(connection) as plans:
        tasks.tasks(connection, selection=selection, with_history=with_history, limit=51)
    (plan,) = plans
    return plan


def test_each_page_walks_the_index_of_its_words(crowded: Connection) -> None:
    plans = {written: _plan(crowded, Selection.parse(written)) for written in _WALKED}
    others = [
        f"{written}\n{plan}" for written, plan in plans.items() if _WALKED[written] not in plan or _READS_ALL in plan
    ]
    assert not others, "\n".join(others)
    both = _plan(crowded, EVERYTHING, with_history=True)
    assert "media_process_created_at_idx" in both
    assert "media_process_history_created_at_idx" in both
    assert _READS_ALL not in both
    for written, indexes in _WALKED_OF_TENANTS.items():
        plan = _plan(crowded, Selection.parse(written))
        assert all(index in plan for index in indexes), f"{written}\n{plan}"
        assert _READS_ALL not in plan, f"{written}\n{plan}"


def test_without_its_index_a_page_is_found_another_way(crowded: Connection) -> None:
    """The control: the test above would notice that an index is missing."""
    for index in sorted(set(_WALKED.values()) - {"media_process_file_id_profile_key"}):
        crowded.execute(text(f"DROP INDEX {index}"))
    for written, index in _WALKED.items():
        if index != "media_process_file_id_profile_key":
            assert index not in _plan(crowded, Selection.parse(written))
