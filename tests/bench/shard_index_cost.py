"""What the index of a shard total adds to a task's insertion, claim and verdict: CPU and WAL of the database."""

import statistics
from uuid import uuid4

from sqlalchemy import Connection, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Rejected, verdict
from mediaproc.core.shard import Shard
from mediaproc.core.task import Report
from mediaproc.db.tasks.claim import Claimant, claim
from mediaproc.db.tasks.looks import Whose
from mediaproc.db.tasks.settle import settle_setback
from mediaproc.executor.queue_position import QueuePosition
from tests.bench.task_tables import cpu_of_backend, fill, insert_tasks, prepared
from tests.parts.postgres import running_postgres

_WAL = "SELECT pg_current_wal_lsn() - '0/0'"
_LIMIT = 50
_REJECTED = verdict(
    Rejected(error_class=ErrorClass.UNREADABLE, error="no video"),
    fail_count=0,
    policy=task_failure(base=1, cap=1),
    jitter=0,
)


def bench(short: bool) -> int:
    """10,000 tasks in each of five turns (100 when short)."""
    tasks = 100 if short else 10_000
    costs: tuple[list[tuple[float, float]], list[tuple[float, float]]] = [], []
    with running_postgres() as postgres:
        # The claims are of the total 1, which has no index of its own: so their plan is the same in both.
        engines = [prepared(postgres, totals=totals) for totals in ((), (50,))]
        for _ in range(5):
            for engine, measured in zip(engines, costs, strict=True):
                fill(engine, tasks=1)
                with engine.connect() as connection:
                    measured.append(_way(connection, tasks=tasks))
        for engine in engines:
            engine.dispose()
    print(f"{tasks:,} tasks inserted, claimed by fifties and rejected, with the index of a total, per task")
    for number, what in enumerate(("milliseconds of CPU", "bytes of WAL")):
        without, with_one = (statistics.median(turn[number] for turn in each) for each in costs)
        print(f"  {what}: {with_one:.3f}, {with_one / without:.2f} times {without:.3f} without it")
    return 0


def _way(connection: Connection, *, tasks: int) -> tuple[float, float]:
    """Milliseconds of CPU and bytes of WAL for each task."""
    who = Claimant(executor_id=uuid4(), shard=Shard(0, 1), lease=60)
    process = connection.scalar(text("SELECT pg_backend_pid()"))
    before, written = cpu_of_backend(process), connection.scalar(text(_WAL))
    insert_tasks(connection, tasks=tasks)
    connection.commit()
    queue = QueuePosition(whose=Whose.OWN)
    while not queue.is_at_its_end:
        (found,) = claim(connection, claimant=who, limit=_LIMIT, looks=[queue.look()])
        queue.looked(found, left_room=len(found) < _LIMIT)
        connection.commit()
        for task in found:
            settle_setback(
                connection, task_id=task.id, claim_token=task.claim_token, verdict=_REJECTED, report=Report()
            )
        connection.commit()
    return (cpu_of_backend(process) - before) / tasks, float(connection.scalar(text(_WAL)) - written) / tasks
