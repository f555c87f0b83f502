"""The CPU cost of an enqueue of a short clip, new and known already; `store_cost` has that of a large upload."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event

from mediaproc.db.database import Database
from mediaproc.db.engine import connect
from mediaproc.enqueue import Enqueuer, enqueue_in_parallel
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.store.store_url import open_store
from tests.parts.clips import Clips
from tests.parts.minio import running_minio
from tests.parts.postgres import running_postgres


def bench(short: bool) -> int:
    """CPU milliseconds of this process and its children, without the servers."""
    small_files = 5 if short else 50
    print(f"Enqueue, of {small_files} small files (milliseconds of CPU)")
    tools = find_tools(ffmpeg=None, ffprobe=None)
    runner = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres:
        folder = Path(name)
        with running_minio(folder / "minio") as minio:
            engine = connect(postgres.url(postgres.create_database()))
            enqueuer = Enqueuer(
                database=Database(engine), store=open_store(minio.url(minio.make_bucket())), runner=runner
            )
            small = Clips(tools.ffmpeg, folder).make_many(small_files, seconds=0.2)
            costs = {}
            for case in ("new", "duplicate"):
                costs[case] = cpu(lambda: list(enqueue_in_parallel(enqueuer, small, stop=Event()))) / small_files
                print(f"  a small file, {case:9} {costs[case]:8.1f}")
            engine.dispose()
    print(f"  a new one costs {costs['new'] / costs['duplicate']:.2f} times a duplicate")
    return 0


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of user and system time that the work takes."""
    before = os.times()
    work()
    after = os.times()
    return 1000 * (sum(after[:4]) - sum(before[:4]))
