"""The time from `kill -9` of an executor until another one transcodes its task, with the default settings."""

import random
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from mediaproc.db import engine as database
from mediaproc.ffmpeg.tools import find_tools
from tests.bench.goal import beside_goal
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.failure_detecting_executor import failure_detecting_executor
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.minio import running_minio
from tests.parts.postgres import running_postgres
from tests.parts.site import Site, make_site

# The default settings, which other tests shorten.
DEFAULTS = {"cron": "*/5 * * * * *", "compensate_cron": "*/5 * * * * *", "lease": "60", "heartbeat": "15", "slots": "1"}

# Seconds of the slowest takeover.
_GOAL = 2.0


def bench(short: bool) -> int:
    """30 kills (2 when short)."""
    with tempfile.TemporaryDirectory() as folder, running_postgres() as postgres:
        root = Path(folder)
        with running_minio(root / "minio") as minio:
            url = postgres.url(postgres.create_database())
            engine = database.connect(url)
            site = make_site(engine, database_url=url, store_url=minio.url(minio.make_bucket()), folder=root)
            clips = Clips(find_tools(ffmpeg=None, ffprobe=None).ffmpeg, root)
            if short:
                # Nobody waits for the end of the encode: it need not be a long one, nor go on.
                site.settings.update(HeldFfmpeg(root).settings)
            measured, parts = takeovers(
                site, clips, kills=2 if short else 30, film=1 if short else 480, moments=random.Random(1)
            )
            engine.dispose()
    print(
        f"Takeover after kill -9 (seconds, {len(measured)} kills, default settings, an idle executor of the same shard)"
    )
    print(f"  slowest {max(measured):.2f}, {beside_goal(max(measured), goal=_GOAL)}")
    print(f"  median {statistics.median(measured):.2f}   fastest {min(measured):.2f}")
    for name, seconds in parts.items():
        print(f"  {name}: median {statistics.median(seconds):.2f}   slowest {max(seconds):.2f}")
    lease = float(DEFAULTS["lease"])
    print(f"  the slowest is {max(measured) / lease:.3f} times the lease of {lease:g} s")
    return 0


def takeovers(
    site: Site, clips: Clips, *, kills: int, film: float, moments: random.Random
) -> tuple[list[float], dict[str, list[float]]]:
    """Seconds from each kill to the transcode by the successor, the victim of the next kill; and the parts of that.

    `film` is how many seconds long the film is that they encode.
    """
    settings = site.settings | DEFAULTS
    (task,) = site.enqueue([clips.make("mpg", seconds=film, size=(640, 480))])
    measured = []
    parts: dict[str, list[float]] = {"until it is judged dead": [], "until the claim": [], "until the transcode": []}
    with ExitStack() as ended:
        victim = ended.enter_context(ExecutorProcess(settings=settings))
        victim.wait_for(event="listening")
        victim.wait_for(event="stage_started", stage="transcode", task=task)
        for _ in range(kills):
            # The successor has seen the victim's lock: without that it would only notice the death by the lease.
            successor, _lock_reads = ended.enter_context(failure_detecting_executor(settings=settings))
            # A random moment between two of its reads of the locks.
            threading.Event().wait(moments.uniform(0.0, 2.0))
            killed_at = time.time()
            victim.__exit__()
            successor.wait_for(event="stage_started", stage="transcode", task=task)
            measured.append(time.time() - killed_at)
            moments_told = [
                _told_at(successor, event="executors_died"),
                _told_at(successor, event="stage_started", stage="claim", task=task),
                _told_at(successor, event="stage_started", stage="transcode", task=task),
            ]
            for name, begun, done in zip(parts, [killed_at, *moments_told], moments_told, strict=False):
                parts[name].append(done - begun)
            print(f"  kill {len(measured):2}: {measured[-1]:.2f} s", flush=True)
            with site.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE media_process SET fail_count = 0")
            victim = successor
    return measured, parts


def _told_at(executor: ExecutorProcess, **fields: object) -> float:
    return datetime.fromisoformat(executor.matching(**fields)[0]["time"]).timestamp()
