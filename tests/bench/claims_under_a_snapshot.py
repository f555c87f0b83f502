"""What a claim costs while another session holds an old snapshot, as a ratio to the same claims without one."""

import statistics
import time
from uuid import uuid4

from sqlalchemy import Engine, text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import BackoffPolicy, Rejected, verdict
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db import engine as database
from mediaproc.db.tasks.claim import Claimant, claim_due
from mediaproc.db.tasks.settle import settle_setback
from tests.parts.postgres import running_postgres

_TASKS = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT encode(sha256(n::text::bytea), 'hex'), 'clip', 'media', 'key', 'video/mp4', 1, 'stored'
FROM generate_series(1, :tasks) n;
"""
_PENDING = """
INSERT INTO media_process (file_id, profile, filename, bucket, object_key)
SELECT id, 'mp4', filename, bucket, object_key FROM media_files
"""
# A tick every five seconds among claims that take a fraction of a millisecond each: seldom.
_CLAIMS_A_TICK = 1000


# How many times slower the claims may be: what a long transaction of somebody else may cost.
_ALLOWED = 3.0


def bench(short: bool) -> int:
    """20,000 tasks (2,000 when short)."""
    tasks = 2_000 if short else 20_000
    with running_postgres() as postgres:
        url = postgres.url(postgres.create_database())
        engine = database.connect(url)
        with engine.begin() as connection:
            connection.execute(text(_TASKS), {"tasks": tasks})
        without = churn(engine, refills=True)
        # The snapshot must be older than every claim that follows.
        patient = database.connect(url, patient=True)
        with patient.connect() as holder:
            holder.execute(text("SET idle_in_transaction_session_timeout = 0"))
            holder.commit()
            holder.execution_options(isolation_level="REPEATABLE READ")
            holder.execute(text("SELECT count(*) FROM media_process"))
            held = churn(engine, refills=True)
        patient.dispose()
        engine.dispose()
    print(f"Claims of 2 tasks while {tasks:,} tasks churn (p50 and p99 of the wall time, as ratios)")
    ratios = {percentile: ratio(held, without, percentile) for percentile in (50, 99)}
    for percentile, times in ratios.items():
        print(f"  p{percentile}: with an old snapshot held {times:.2f} times without one")
    # One claim of a hundred is too few of a short run to judge by.
    return int(ratios[50 if short else 99] >= _ALLOWED)


def churn(engine: Engine, *, refills: bool) -> list[float]:
    """Seconds of each claim while all tasks are claimed and ended, as busy executors do it."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM media_process"))
        connection.execute(text(_PENDING))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE media_process"))
    who = Claimant(executor_id=uuid4(), shard=Shard(0, 1), lease=60)
    ended = verdict(
        Rejected(error_class=ErrorClass.UNREADABLE, error="no video"),
        fail_count=0,
        policy=BackoffPolicy(base=1, cap=1),
        jitter=0,
    )
    took: list[float] = []
    latest: ClaimedTask | None = None
    while True:
        after = latest if refills and len(took) % _CLAIMS_A_TICK else None
        begun = time.perf_counter()
        with engine.begin() as connection:
            claimed = claim_due(connection, claimant=who, limit=2, after=after)
        took.append(time.perf_counter() - begun)
        if not claimed and after is None:
            return took
        latest = claimed[-1] if claimed else None
        with engine.begin() as connection:
            for task in claimed:
                settle_setback(
                    connection, task_id=task.id, claim_token=task.claim_token, verdict=ended, report=Report()
                )


def ratio(one: list[float], other: list[float], percentile: int) -> float:
    return statistics.quantiles(one, n=100)[percentile - 1] / statistics.quantiles(other, n=100)[percentile - 1]
