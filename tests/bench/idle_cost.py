"""What an executor costs that has nothing to do: statements a second, memory, and CPU of the database.

With default settings, connected to a PostgreSQL and a MinIO server. Each statement counts that the executor sends, with
BEGIN, COMMIT and SET.
"""

import tempfile
import threading
from pathlib import Path

import psutil

from mediaproc.db import engine as database
from tests.bench.goal import beside_goal
from tests.bench.takeover import DEFAULTS
from tests.parts.executors import ExecutorProcess
from tests.parts.minio import running_minio
from tests.parts.postgres import PostgresServer, running_postgres
from tests.parts.proxy import PostgresProxy, StatementCount, proxied
from tests.parts.site import make_site

_MOST_STATEMENTS, _MOST_MEGABYTES = 2.0, 70.0
# Pieces of the statements that an idle executor sends.
_KINDS = {
    "looks at peers": "pg_try_advisory_xact_lock_shared",
    "claims": "due_tasks",
    "compensation": "pg_postmaster_start_time",
    "signs of life": "UPDATE media_executor",
    "BEGIN, COMMIT, SET, pings": "",
}


def bench(short: bool) -> int:
    """A minute (6 s when short), once the start is over."""
    seconds = 6.0 if short else 60.0
    with tempfile.TemporaryDirectory() as folder, running_postgres() as postgres:
        root = Path(folder)
        direct = postgres.url(postgres.create_database())
        with running_minio(root / "minio") as minio, proxied(direct) as (proxy, url):
            engine = database.connect(url)
            site = make_site(engine, database_url=url, store_url=minio.url(minio.make_bucket()), folder=root)
            engine.dispose()
            settings = site.settings | DEFAULTS
            # A peer, which it watches.
            with (
                ExecutorProcess(settings={**settings, "database_url": direct}) as peer,
                ExecutorProcess(settings=settings) as executor,
            ):
                peer.wait_for(event="listening")
                executor.wait_for(event="listening")
                threading.Event().wait(2 * seconds / 5)
                counts = _watch(proxy)
                cpu = _cpu_seconds(postgres)
                threading.Event().wait(seconds)
                cpu = _cpu_seconds(postgres) - cpu
                told = {kind: count.count for kind, count in counts.items()}
                memory = _resident_megabytes(executor.pid)
    _print(told, seconds=seconds, memory=memory, cpu=cpu)
    return 0


def _watch(proxy: PostgresProxy) -> dict[str, StatementCount]:
    return {kind: proxy.watch(text) for kind, text in _KINDS.items()}


def _print(told: dict[str, int], *, seconds: float, memory: float, cpu: float) -> None:
    *named, rest = told
    total = told[rest] / seconds
    print(f"An idle executor with default settings, {seconds:.0f} s")
    print(f"  statements a second {total:.2f}, {beside_goal(total, goal=_MOST_STATEMENTS)}")
    for kind in named:
        print(f"    {kind}: {told[kind] / seconds:.2f}")
    print(f"    {rest}: {(told[rest] - sum(told[kind] for kind in named)) / seconds:.2f}")
    print(f"  resident memory {memory:.1f} MB, {beside_goal(memory, goal=_MOST_MEGABYTES)}")
    print(f"  that is {total / _MOST_STATEMENTS:.2f} times the goal for statements")
    print(f"  and {memory / _MOST_MEGABYTES:.2f} times the goal for memory")
    print(f"  CPU of the whole database server: {1000 * cpu / seconds:.1f} ms a second")


def _cpu_seconds(server: PostgresServer) -> float:
    """What all processes of the server have used, those too that have ended."""
    first = psutil.Process(server.pid)
    times = [each.cpu_times() for each in (first, *first.children(recursive=True))]
    seconds: float = sum(each.user + each.system for each in times)
    return seconds + float(times[0].children_user + times[0].children_system)


def _resident_megabytes(pid: int) -> float:
    resident: int = psutil.Process(pid).memory_info().rss
    return resident / 1e6
