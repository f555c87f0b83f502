"""Acts on many tasks: what a retry of 50,000 costs the claims beside it, and how soon cancelled encodes are gone."""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from mediaproc.core.shard import Shard
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import Claimant, claim_due
from mediaproc.ffmpeg.tools import find_tools
from tests.bench.goal import beside_goal
from tests.bench.task_tables import fill, prepared, vacuum
from tests.db.task_rows import claimant
from tests.e2e import without_ended_claims
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, gone
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.postgres import PostgresServer, running_postgres
from tests.parts.settings import told
from tests.parts.site import make_site

_EXECUTORS = 3
# Milliseconds that a claim waits longer, and seconds until the last ffmpeg is gone.
_CLAIM_GOAL, _CANCEL_GOAL = 100.0, 2.0
_PAUSE = 0.005


def bench(short: bool) -> int:
    """50,000 tasks and 20 encodes (2,000 and 2 when short)."""
    with running_postgres() as postgres:
        report_retry(postgres, tasks=2_000 if short else 50_000)
        report_cancel(postgres, encodes=2 if short else 20)
    return 0


def report_retry(postgres: PostgresServer, *, tasks: int) -> None:
    """The latencies of claims alone, and beside the retry of so many tasks."""
    engine = prepared(postgres, totals=[_EXECUTORS])
    fill(engine, tasks=2 * tasks)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE media_process SET status = 'failed', fail_count = 3, error_class = 'lost', error = 'It is.'"
                " WHERE id > :waiting"
            ),
            {"waiting": tasks},
        )
    vacuum(engine)
    with _claiming(engine) as alone:
        # The window that is measured, of which the median is told: it waits for nothing.
        time.sleep(2.0 if tasks < 10_000 else 10.0)
    with tempfile.TemporaryDirectory() as home, _claiming(engine) as beside:
        begun = time.monotonic()
        # In a process of its own: beside threads of this one it would take turns with them.
        _act("retry", "status:exhausted", url=engine.url.render_as_string(hide_password=False), home=home)
        took = time.monotonic() - begun
    with engine.begin() as connection:
        told_by_audit = connection.scalar(text("SELECT sum(count) FROM media_audit"))
        left = connection.scalar(text("SELECT count(*) FROM media_process WHERE fail_count = 3"))
        changed = connection.scalar(text("SELECT count(*) FROM media_process WHERE id > :waiting"), {"waiting": tasks})
    engine.dispose()
    if (changed, told_by_audit, left) != (tasks, tasks, 0):
        raise AssertionError(f"{changed} retried, {told_by_audit} in the audit, {left} left of {tasks}")
    longer = max(beside) - max(alone)
    print(f"Claims beside a retry of {tasks:,} tasks ({took:.1f} s, {_EXECUTORS} executors; milliseconds)")
    for name, latencies in (("alone", alone), ("beside it", beside)):
        spread = statistics.quantiles(latencies, n=100)
        print(
            f"  {name}: median {statistics.median(latencies):.2f}   99th of 100 {spread[98]:.2f}"
            f"   slowest {max(latencies):.2f}   of {len(latencies)} claims"
        )
    print(
        f"  the slowest beside it waited {longer:.1f} longer than the slowest alone, "
        f"{beside_goal(longer, goal=_CLAIM_GOAL)}"
    )
    print(f"  the median beside it is {statistics.median(beside) / statistics.median(alone):.2f} times the one alone")
    print(f"  the audit's lines say {told_by_audit:,}, the rows {changed:,}")


@contextmanager
def _claiming(engine: Engine) -> Iterator[list[float]]:
    """Inside the block three executors claim one task after the other; the milliseconds of each claim."""
    latencies: list[float] = []
    ended = threading.Event()

    def claim(by: Claimant) -> None:
        while not ended.wait(_PAUSE):
            begun = time.monotonic()
            with Database(engine).single() as connection:
                claim_due(connection, claimant=by, limit=1)
            latencies.append((time.monotonic() - begun) * 1000)

    shards = [Shard(index, _EXECUTORS) for index in range(_EXECUTORS)]
    threads = [threading.Thread(target=claim, args=(claimant(shard=shard),)) for shard in shards]
    for thread in threads:
        thread.start()
    try:
        yield latencies
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def report_cancel(postgres: PostgresServer, *, encodes: int) -> None:
    """The time from the return of `tasks cancel` to the end of the last ffmpeg."""
    heartbeat = 15.0
    print(f"`tasks cancel` of {encodes} running encodes (seconds from its return until every ffmpeg is gone)")
    heard = _cancelled(postgres, encodes=encodes, program=None, heartbeat=heartbeat)
    print(f"  by the notification {heard:.2f}, {beside_goal(heard, goal=_CANCEL_GOAL)}")
    lost = _cancelled(postgres, encodes=encodes, program=Path(without_ended_claims.__file__), heartbeat=heartbeat)
    print(f"  with the notification lost {lost:.2f}, {beside_goal(lost, goal=heartbeat)} (a heartbeat)")
    print(f"  by the notification it takes {heard / heartbeat:.3f} times a heartbeat")


def _cancelled(postgres: PostgresServer, *, encodes: int, program: Path | None, heartbeat: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "store").mkdir()
        url = postgres.url(postgres.create_database())
        engine = database.connect(url)
        site = make_site(engine, database_url=url, store_url=(root / "store").as_uri(), folder=root)
        clips = Clips(find_tools(ffmpeg=None, ffprobe=None).ffmpeg, root)
        site.enqueue(clips.make_many(encodes, seconds=0.4, first_seed=81_000))
        settings = site.settings | HeldFfmpeg(root).settings
        settings |= {"slots": str(encodes), "lease": "60", "heartbeat": str(heartbeat)}
        with ExecutorProcess(settings=settings, program=program) as executor:
            executor.wait_for(event="slot_taken", count=encodes)
            executor.wait_for(event="listening")
            children = executor.children()
            _act("cancel", "status:processing", url=url, home=site.settings["home"])
            returned = time.monotonic()
            while not gone(children):
                time.sleep(0.01)
            took = time.monotonic() - returned
        outcomes = {row["outcome"] for row in site.history().values()}
        engine.dispose()
    if outcomes != {"cancelled"}:
        raise AssertionError(f"the tasks ended as {outcomes}")
    return took


def _act(act: str, words: str, *, url: str, home: str) -> None:
    command = [sys.executable, "-m", "mediaproc", "tasks", act, words, "--yes"]
    subprocess.run(command, env=told({"database_url": url, "home": home}), check=True)
