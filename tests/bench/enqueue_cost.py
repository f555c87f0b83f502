"""The CPU cost of an enqueue, for a large file as a ratio to a plain upload."""

import hashlib
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
from tests.bench.goal import beside_goal
from tests.parts.clips import Clips
from tests.parts.minio import MinioServer, running_minio
from tests.parts.postgres import running_postgres

# Of a put and a get of a megabyte, as a ratio to the plain calls of minio-py.
_GOAL = 1.3


def bench(short: bool) -> int:
    """CPU milliseconds of this process and its children, without the servers."""
    small_files, large_size = (5, 64 * 1024**2) if short else (50, 256 * 1024**2)
    print(f"Enqueue, of {small_files} small files and of one of {large_size / 1e6:.0f} MB (milliseconds of CPU)")
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
            for case in ("new", "duplicate"):
                cost = cpu(lambda: list(enqueue_in_parallel(enqueuer, small, stop=Event()))) / small_files
                print(f"  a small file, {case:9} {cost:8.1f}")
            engine.dispose()
            _compare_large(folder, minio=minio, size=large_size)
    return 0


def _compare_large(folder: Path, *, minio: MinioServer, size: int) -> None:
    large = folder / "large"
    large.write_bytes(os.urandom(1024**2) * (size // 1024**2))
    with large.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    store = open_store(minio.url(minio.make_bucket()))
    megabytes = size / 1e6
    plain = cpu(lambda: minio.client().fput_object(store.bucket, "plain", str(large))) / megabytes
    ours = cpu(lambda: store.put("ours", large, sha256=sha256, content_type="video/mp4", stop=Event())) / megabytes
    back = cpu(lambda: store.get("ours", folder / "back", stop=Event())) / megabytes
    print(f"  a megabyte, plain minio-py {plain:6.2f}")
    goal = beside_goal(ours / plain, goal=_GOAL)
    print(f"  a megabyte, put            {ours:6.2f}, {ours / plain:.2f} times the plain one, {goal}")
    print(f"  a megabyte, get            {back:6.2f}")


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of user and system time that the work takes."""
    before = os.times()
    work()
    after = os.times()
    return 1000 * (sum(after[:4]) - sum(before[:4]))
