"""A million tasks, and the like: tables that benches of the queue fill, in seconds and without an upload."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from mediaproc.core.shard import Shard
from mediaproc.db import engine as database
from mediaproc.db.executor_registry import Registration, register
from mediaproc.db.tasks.shard_indexes import index_totals
from tests.parts.postgres import PostgresServer

# A million profiles of one file: so nothing but the tasks is loaded.
_FILE = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
VALUES (repeat('0', 64), 'clip', 'media', 'key', 'video/mp4', 1, 'stored') ON CONFLICT DO NOTHING
"""
_TASKS = """
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, position, next_attempt_at)
SELECT repeat('0', 64), 'profile ' || CAST(:first AS integer) + n, 'clip', 'media', 'key',
       CAST(:first AS integer) + n, now() + CAST(:due_in AS interval)
FROM generate_series(1, CAST(:tasks AS integer)) n
"""
_HISTORY = """
INSERT INTO media_process_history
    (id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, outcome, created_at)
SELECT 100000000 + n, repeat('0', 64), 'mp4', 'clip', 'media', 'key', 0, 0, 1, 'cancelled', now()
FROM generate_series(1, CAST(:rows AS integer)) n
"""
_ATTEMPTS = """
INSERT INTO media_process_attempt
    (claim_token, task_id, attempt, executor_id, shard_index, shard_total, finished_at, outcome)
SELECT gen_random_uuid(), 100000000 + n, 1, gen_random_uuid(), 0, 1, now(), 'cancelled'
FROM generate_series(1, CAST(:rows AS integer)) n
"""
_EMPTIED = "TRUNCATE media_process, media_process_history, media_process_attempt RESTART IDENTITY CASCADE"


def prepared(postgres: PostgresServer, *, totals: Sequence[int]) -> Engine:
    """Tables of their own, with the index of each of the totals."""
    engine = database.connect(postgres.url(postgres.create_database()), has_statement_timeout=False)
    with engine.begin() as connection:
        connection.execute(text(_FILE))
        for total in totals:
            registration = Registration(
                executor_id=uuid4(), host="", pid=1, shard=Shard(0, total), slots=1, lease=3600, weak_sandbox=None,
                version="",
            )  # fmt: skip
            register(connection, registration=registration)
        if not index_totals(connection):
            raise AssertionError("the index of a total is missing")
    return engine


def fill(engine: Engine, *, tasks: int, due_in: str = "-1 hour") -> None:
    """Just these tasks, and statistics of them."""
    with engine.begin() as connection:
        connection.execute(text(_EMPTIED))
    add_tasks(engine, tasks=tasks, due_in=due_in)


def add_tasks(engine: Engine, *, tasks: int, due_in: str = "-1 hour") -> None:
    """So many more tasks, behind those that are there."""
    with _without_foreign_keys(engine) as connection:
        insert_tasks(connection, tasks=tasks, due_in=due_in)
    vacuum(engine)


def insert_tasks(connection: Connection, *, tasks: int, due_in: str = "-1 hour") -> None:
    """The insertion alone."""
    first = connection.scalar(text("SELECT coalesce(max(id), 0) FROM media_process"))
    connection.execute(text(_TASKS), {"tasks": tasks, "due_in": due_in, "first": first})


def add_history(engine: Engine, *, rows: int) -> None:
    """So many tasks that ended, and a tenth as many attempts."""
    with _without_foreign_keys(engine) as connection:
        connection.execute(text(_HISTORY), {"rows": rows})
        connection.execute(text(_ATTEMPTS), {"rows": rows // 10})
    vacuum(engine)


def vacuum(engine: Engine) -> None:
    """As autovacuum does after a while."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def cpu_of_backend(process: int) -> float:
    """Milliseconds that a process of the server has run so far."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[Connection]:
    """To check each key of a million takes longer than all the rest."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
