"""The CPU of this process for a large file's way into MinIO and back, as a ratio to the plain calls of minio-py."""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from threading import Event

from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.bench.goal import beside_goal
from tests.parts.minio import MinioServer, running_minio

# Of a put or a get, with its checksum, as a ratio to the plain call, which computes none.
_GOAL = 1.3
_ROUNDS = 3


def bench(short: bool) -> int:
    """A file of 1 GB (64 MB when short), in rounds in which our calls and plain ones take turns."""
    size = 64 * 1024**2 if short else 1024**3
    print(f"Store, one file of {size / 1e6:.0f} MB over loopback (milliseconds of own CPU a megabyte)")
    with tempfile.TemporaryDirectory() as name, running_minio(Path(name) / "minio") as minio:
        folder = Path(name)
        large = folder / "large"
        with large.open("wb") as file:
            file.writelines(os.urandom(1024**2) for _ in range(size // 1024**2))
        store = open_store(minio.url(minio.make_bucket()))
        calls = _calls(large, folder=folder, minio=minio, store=store)
        rounds = [{name: 1e9 * _own_cpu(call) / size for name, call in calls.items()} for _ in range(_ROUNDS)]
    for act in ("put", "get"):
        plain, ours = (median(costs[f"{whose} {act}"] for costs in rounds) for whose in ("plain", "our"))
        ratio = median(costs[f"our {act}"] / costs[f"plain {act}"] for costs in rounds)
        print(f"  {act}: minio-py {plain:.2f}, ours {ours:.2f}: {ratio:.2f} times, {beside_goal(ratio, goal=_GOAL)}")
    reading = median(costs["reading"] for costs in rounds)
    print(f"  the reading that tells the checksum, once before a put: {reading:.2f}")
    return 0


def _calls(large: Path, *, folder: Path, minio: MinioServer, store: Store) -> Mapping[str, Callable[[], object]]:
    """In the order in which they take turns."""
    client = minio.client()
    sha256 = _digest(large)
    return {
        "reading": lambda: _digest(large),
        "plain put": lambda: client.fput_object(store.bucket, "plain", str(large)),
        "our put": lambda: store.put("ours", large, sha256=sha256, content_type="video/mp4", stop=Event()),
        "plain get": lambda: client.fget_object(store.bucket, "plain", str(folder / "plain")),
        "our get": lambda: store.get("ours", folder / "ours", stop=Event()),
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _own_cpu(call: Callable[[], object]) -> float:
    """Seconds of user and system time of this process, of all its threads and without the server."""
    before = time.process_time()
    call()
    return time.process_time() - before
