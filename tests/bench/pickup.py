"""The time from an enqueue to an idle executor's claim, as a ratio to PgQueuer's in the same run.

Both are woken by NOTIFY, run with default settings on the same server, and take turns. The time is from the call that
enqueues to the log line of the claim, or to PgQueuer's line of the job. The sources are not in the store: each attempt
ends at once, so that the next measurement finds an idle system.
"""

import asyncio
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import asyncpg
import psycopg
from pgqueuer.db import AsyncpgDriver, SyncPsycopgDriver
from pgqueuer.queries import Queries, SyncQueries

from mediaproc.db import engine as database
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.tasks import operator_acts
from mediaproc.db.tasks.insert import insert_task
from tests.bench.goal import beside_goal
from tests.bench.pgqueuer_consumer import ENTRYPOINT
from tests.bench.takeover import DEFAULTS
from tests.parts.executors import ExecutorProcess
from tests.parts.postgres import running_postgres
from tests.parts.site import Site, make_site

_WARM_UP = 20
# Of the medians.
_GOAL = 1.2


def bench(short: bool) -> int:
    """1,000 enqueues of each (30 when short)."""
    enqueues = 30 if short else 1000
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres:
        root = Path(name)
        (root / "store").mkdir()
        url = postgres.url(postgres.create_database())
        engine = database.connect(url)
        site = make_site(engine, database_url=url, store_url=(root / "store").as_uri(), folder=root)
        peer_url = postgres.url(postgres.create_database(migrated=False))
        with pgqueuer(peer_url) as peer, ExecutorProcess(settings=site.settings | DEFAULTS) as executor:
            executor.wait_for(event="listening")
            ours, theirs = [], []
            for number in range(_WARM_UP + enqueues):
                ours.append(pick_up(number, site=site, executor=executor))
                theirs.append(peer.pick_up(number))
        engine.dispose()
    report(ours[_WARM_UP:], theirs[_WARM_UP:])
    return 0


def pick_up(number: int, *, site: Site, executor: ExecutorProcess) -> float:
    """Seconds until an executor has claimed the task; returns when the task is removed again."""
    file_id = hashlib.sha256(str(number).encode()).hexdigest()
    file = files.NewFile(
        id=file_id,
        filename=f"{number}.avi",
        bucket=site.store.bucket,
        object_key=file_id,
        mime_type="video/avi",
        size=1,
    )
    with site.engine.begin() as connection:
        files.begin_upload(connection, file=file)
        files.store_file(connection, file_id=file_id, bucket=file.bucket, object_key=file.object_key)
    # So that the time does not grow with the lines of earlier tasks, which PgQueuer's side need not look at either.
    known = len(executor.lines)
    # As PgQueuer's: one INSERT, which is its own transaction, on a connection that is open, prepared as psycopg does.
    with Database(site.engine).single() as connection:
        begun = time.time()
        task = insert_task(connection, file_id=file_id, profile="mp4", filename=file.filename, priority=0)
    executor.wait_for(skip=known, event="stage_started", stage="claim", task=task.id)
    taken = time.time() - begun
    executor.wait_for(skip=known, event="failed", task=task.id)
    with site.engine.begin() as connection:
        operator_acts.cancel(connection, ids=[task.id])
    return taken


class Peer:
    """A running PgQueuer consumer, and the queries that enqueue for it."""

    def __init__(self, queries: SyncQueries, *, output: IO[str]) -> None:
        self._queries = queries
        self._output = output

    def pick_up(self, number: int) -> float:
        """Seconds until the consumer has the job."""
        begun = time.time()
        self._queries.enqueue(ENTRYPOINT, str(number).encode())
        line = self._output.readline().strip()
        if line != str(number):
            raise RuntimeError(f"the consumer told of {line!r} instead of {number}")
        return time.time() - begun


@contextmanager
def pgqueuer(url: str) -> Iterator[Peer]:
    """A consumer in a process of its own, warm."""
    asyncio.run(_install(url))
    consumer = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pgqueuer_consumer", url], stdout=subprocess.PIPE, text=True
    )
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            if consumer.stdout is None:
                raise RuntimeError("the consumer's output is not piped")
            yield Peer(SyncQueries(SyncPsycopgDriver(connection)), output=consumer.stdout)
    finally:
        consumer.terminate()
        consumer.wait()
        if consumer.stdout is not None:
            consumer.stdout.close()


async def _install(url: str) -> None:
    connection = await asyncpg.connect(url)
    await Queries(AsyncpgDriver(connection)).install()
    await connection.close()


def report(ours: list[float], theirs: list[float]) -> None:
    """Prints the milliseconds of both, and their ratio."""
    print(f"From enqueue to pickup on an idle system, {len(ours)} enqueues each, in turn (milliseconds)")
    for name, percentile in (("p50", 50), ("p99", 99)):
        mine, other = (1000 * statistics.quantiles(taken, n=100)[percentile - 1] for taken in (ours, theirs))
        goal = f", {beside_goal(mine / other, goal=_GOAL)}" if name == "p50" else ""
        print(f"  {name}: mediaproc {mine:6.2f}   PgQueuer {other:6.2f}   {mine / other:.2f} times PgQueuer's{goal}")
