"""What the fair order costs an enqueue and an executor: the database's CPU, as ratios to the same without it."""

import hashlib
import statistics
from collections.abc import Callable
from itertools import count

from sqlalchemy import Connection, Engine, text

from mediaproc.db import files
from mediaproc.db.tasks.claim import claim_due
from mediaproc.db.tasks.insert import finished_tasks, insert_task, live_tasks
from tests.bench.goal import beside_goal
from tests.bench.task_tables import add_tasks, cpu_of_backend, prepared
from tests.db.task_rows import claimant
from tests.parts.postgres import running_postgres

# How many times as much an enqueue may cost.
_GOAL = 1.5
_NUMBERS = count()
_STORED = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
VALUES (:id, 'clip.avi', 'media', 'key', 'video/x-msvideo', 1000, 'uploading')
"""
# The row of before, without a tenant's turn.
_WITHOUT = """
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, priority, position)
SELECT id, 'mp4', filename, bucket, object_key, 0, 1e9 FROM media_files WHERE id = :id RETURNING id
"""


def bench(short: bool) -> int:
    """A million that wait and a thousand that run; a hundredth of them when short."""
    waiting, running, enqueues = (10_000, 100, 50) if short else (1_000_000, 1_000, 400)
    print("An enqueue's second transaction: the database's CPU (p50, ms), with a tenant's turn and without")
    with running_postgres() as postgres:
        engine = prepared(postgres, totals=())
        _compare("nothing waits", engine, enqueues=enqueues)
        add_tasks(engine, tasks=waiting)
        _compare(f"{waiting:,} wait", engine, enqueues=enqueues)
        with engine.begin() as connection:
            assert len(claim_due(connection, claimant=claimant(), limit=running)) == running
        _compare(f"{waiting:,} wait, {running:,} run", engine, enqueues=enqueues)
        engine.dispose()
    return 0


def _compare(what: str, engine: Engine, *, enqueues: int) -> None:
    with engine.connect() as connection:
        measured: dict[bool, list[float]] = {True: [], False: []}
        for number in range(2 * enqueues):
            is_fair = number % 2 == 0
            cost = _cost(connection, _in_turn if is_fair else _without_turn)
            measured[is_fair] += [cost]
        fair, before = (statistics.median(measured[is_fair]) for is_fair in (True, False))
    ratio = fair / before
    print(f"  {what:28} {fair:7.3f} {before:7.3f}   {ratio:.2f} times   {beside_goal(ratio, goal=_GOAL)}")


def _cost(connection: Connection, insert: Callable[[Connection, str], object]) -> float:
    """Milliseconds of the server's process for one enqueue, which counts the file's row as well."""
    file_id = hashlib.sha256(f"enqueued {next(_NUMBERS)}".encode()).hexdigest()
    connection.execute(text(_STORED), {"id": file_id})
    connection.commit()
    process = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
    before = cpu_of_backend(process)
    files.store_file(connection, file_id=file_id, bucket="media", object_key="key")
    live_tasks(connection, file_id=file_id)
    finished_tasks(connection, file_id=file_id)
    insert(connection, file_id)
    connection.commit()
    return cpu_of_backend(process) - before


def _in_turn(connection: Connection, file_id: str) -> object:
    return insert_task(
        connection, file_id=file_id, profile="mp4", filename="clip.avi", priority=0, tenant="ann", cost=60.0
    )


def _without_turn(connection: Connection, file_id: str) -> object:
    return connection.execute(text(_WITHOUT), {"id": file_id}).scalar_one()
