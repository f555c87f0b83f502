"""What a claim costs while another session holds an old snapshot, as a ratio to the same claims without one."""

import statistics
import time
from collections.abc import Iterator
from uuid import uuid4

from sqlalchemy import Engine, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Rejected, verdict
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db import engine as database
from mediaproc.db.tasks.claim import Claimant, claim_due
from mediaproc.db.tasks.settle import settle_setback
from tests.bench.goal import beside_goal
from tests.parts.postgres import running_postgres

_TASKS = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT encode(sha256(n::text::bytea), 'hex'), 'clip', 'media', 'key', 'video/mp4', 1, 'stored'
FROM generate_series(1, :tasks) n;
"""
_PENDING = """
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, position)
SELECT id, 'mp4', filename, bucket, object_key, row_number() OVER () FROM media_files
"""
# One claim in so many is a tick's: ticks come every five seconds, and a claim takes a fraction of a millisecond.
_CLAIMS_A_TICK = 1000

# How many times slower claims may be while another client holds a long transaction.
_GOAL = 2.0


def bench(short: bool) -> int:
    """20,000 tasks (100 when short)."""
    tasks = 100 if short else 20_000
    with running_postgres() as postgres:
        # A snapshot keeps the dead rows of its own database only. So two databases churn in turn on one server.
        urls = [postgres.url(postgres.create_database()) for _ in range(2)]
        engines = [database.connect(url) for url in urls]
        for engine in engines:
            prepare(engine, tasks=tasks)
        # The snapshot must be older than every claim that follows.
        patient = database.connect(urls[0], has_statement_timeout=False)
        with patient.connect() as holder:
            holder.execute(text("SET idle_in_transaction_session_timeout = 0"))
            holder.commit()
            holder.execution_options(isolation_level="REPEATABLE READ")
            holder.execute(text("SELECT count(*) FROM media_process"))
            in_turn = list(zip(*(churn(engine, refills=True) for engine in engines), strict=True))
        patient.dispose()
        for engine in engines:
            engine.dispose()
    held, without = map(list, zip(*in_turn, strict=True))
    print(f"Claims of 2 tasks while {tasks:,} tasks churn (p50 and p99 of the wall time, as ratios)")
    for percentile in (50, 99):
        times = ratio(held, without, percentile)
        goal = beside_goal(times, goal=_GOAL)
        print(f"  p{percentile}: with an old snapshot held {times:.2f} times without one, {goal}")
    return 0


def prepare(engine: Engine, *, tasks: int) -> None:
    """Inserts so many pending tasks into an empty database."""
    with engine.begin() as connection:
        connection.execute(text(_TASKS), {"tasks": tasks})
        connection.execute(text(_PENDING))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE media_process"))


def churn(engine: Engine, *, refills: bool) -> Iterator[float]:
    """Claims and ends all tasks as busy executors do, and yields the seconds of each claim."""
    who = Claimant(executor_id=uuid4(), shard=Shard(0, 1), lease=60)
    ended = verdict(
        Rejected(error_class=ErrorClass.UNREADABLE, error="no video"),
        fail_count=0,
        policy=task_failure(base=1, cap=1),
        jitter=0,
    )
    claims = 0
    latest: ClaimedTask | None = None
    while True:
        after = latest if refills and claims % _CLAIMS_A_TICK else None
        begun = time.perf_counter()
        with engine.begin() as connection:
            claimed = claim_due(connection, claimant=who, limit=2, after=after)
        yield time.perf_counter() - begun
        claims += 1
        if not claimed and after is None:
            return
        latest = claimed[-1] if claimed else None
        with engine.begin() as connection:
            for task in claimed:
                settle_setback(
                    connection, task_id=task.id, claim_token=task.claim_token, verdict=ended, report=Report()
                )


def ratio(one: list[float], other: list[float], percentile: int) -> float:
    return statistics.quantiles(one, n=100)[percentile - 1] / statistics.quantiles(other, n=100)[percentile - 1]
