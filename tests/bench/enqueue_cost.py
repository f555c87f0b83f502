"""What it costs to enqueue: `python -m tests.bench.enqueue_cost`; 1 where a large file costs thrice a plain upload."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event

from mediaproc.db.engine import connect
from mediaproc.enqueue import Enqueuer, enqueue_several
from mediaproc.ffmpeg.detection import find_sandbox
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.store.open import open_store
from tests.parts.clips import Clips
from tests.parts.minio import MinioServer, running_minio
from tests.parts.postgres import running_postgres

_SMALL_FILES = 50
_LARGE = 256 * 1024**2
_ALLOWED = 3.0


def main() -> int:
    """Prints CPU milliseconds of this process and its children; the servers' are their own."""
    tools = find_tools(ffmpeg=None, ffprobe=None)
    runner = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres:
        folder = Path(name)
        with running_minio(folder / "minio") as minio:
            engine = connect(postgres.url(postgres.create_database()))
            enqueuer = Enqueuer(engine=engine, store=open_store(minio.url(minio.make_bucket())), runner=runner)
            small = Clips(tools.ffmpeg, folder).make_many(_SMALL_FILES, seconds=0.2)
            for case in ("new", "duplicate"):
                cost = cpu(lambda: list(enqueue_several(enqueuer, small, stop=Event()))) / _SMALL_FILES
                sys.stdout.write(f"a small file, {case:9} {cost:8.1f} ms\n")
            engine.dispose()
            return _compare_large(folder, minio=minio)


def _compare_large(folder: Path, *, minio: MinioServer) -> int:
    large = folder / "large"
    large.write_bytes(os.urandom(1024**2) * (_LARGE // 1024**2))
    with large.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    store = open_store(minio.url(minio.make_bucket()))
    megabytes = _LARGE / 1e6
    plain = cpu(lambda: minio.client().fput_object(store.bucket, "plain", str(large))) / megabytes
    ours = cpu(lambda: store.put("ours", large, sha256=sha256, content_type="video/mp4", stop=Event())) / megabytes
    back = cpu(lambda: store.get("ours", folder / "back", stop=Event())) / megabytes
    sys.stdout.write(f"a megabyte, plain minio-py {plain:6.2f} ms\n")
    sys.stdout.write(f"a megabyte, put            {ours:6.2f} ms\n")
    sys.stdout.write(f"a megabyte, get            {back:6.2f} ms\n")
    return 1 if ours > _ALLOWED * plain else 0


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of user and system time."""
    before = os.times()
    work()
    after = os.times()
    return 1000 * (sum(after[:4]) - sum(before[:4]))


if __name__ == "__main__":
    sys.exit(main())
