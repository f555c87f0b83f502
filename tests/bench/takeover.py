"""How long after `kill -9` of an executor its task is transcoded elsewhere, with the default settings."""

import argparse
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path

from mediaproc.db import engine as database
from mediaproc.ffmpeg.tools import find_tools
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.minio import running_minio
from tests.parts.postgres import running_postgres
from tests.parts.site import Site, make_site

# Those of a site that set nothing but its servers.
DEFAULTS = {"cron": "*/5 * * * * *", "compensate_cron": "*/5 * * * * *", "lease": "60", "heartbeat": "15", "slots": "1"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=30)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgres() as postgres:
        root = Path(folder)
        with running_minio(root / "minio") as minio:
            url = postgres.url(postgres.create_database())
            engine = database.connect(url)
            site = make_site(engine, database_url=url, store_url=minio.url(minio.make_bucket()), folder=root)
            clips = Clips(find_tools(ffmpeg=None, ffprobe=None).ffmpeg, root)
            measured = takeovers(site, clips, kills=options.kills, dice=random.Random(options.seed))
            engine.dispose()
    print(
        f"Takeover after kill -9 (seconds, {len(measured)} kills, default settings, an idle executor of the same shard)"
    )
    print(f"  slowest {max(measured):.2f}   median {statistics.median(measured):.2f}   fastest {min(measured):.2f}")


def takeovers(site: Site, clips: Clips, *, kills: int, dice: random.Random) -> list[float]:
    """Seconds from each kill to the transcode elsewhere; the heir of one kill is the victim of the next."""
    settings = site.settings | DEFAULTS
    (task,) = site.enqueue([clips.make("mpg", seconds=400, size=(640, 480))])
    victim = ExecutorProcess(settings=settings)
    heir: ExecutorProcess | None = None
    measured = []
    try:
        victim.wait_for(event="stage_started", stage="transcode", task=task)
        for _ in range(kills):
            heir = ExecutorProcess(settings=settings)
            heir.wait_for(event="listening")
            # A random moment of the transcode, the heir having looked around at least once.
            threading.Event().wait(dice.uniform(1.5, 3.5))
            killed_at = time.time()
            victim.kill()
            heir.wait_for(event="stage_started", stage="transcode", task=task)
            measured.append(time.time() - killed_at)
            print(f"  kill {len(measured):2}: {measured[-1]:.2f} s", flush=True)
            with site.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE media_process SET fail_count = 0")
            victim, heir = heir, None
    finally:
        for one in (victim, heir):
            if one is not None:
                one.__exit__()
    return measured


if __name__ == "__main__":
    main()
