"""What falls upon a chaos run, one fault at a time; each says whether it really befell somebody."""

import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.exc import OperationalError

from tests.chaos.crew import Crew, Post
from tests.parts.minio import MinioServer
from tests.parts.postgres import PostgresServer

# Seconds; the lease of a chaos run is three.
STOPPED, STORE_AWAY, DISK_FULL = (3.5, 6.0), (1.0, 4.0), 2.5
_PAUSE = threading.Event()


@dataclass(frozen=True)
class Stage:
    """Everything that may be broken, and the dice."""

    crew: Crew
    postgres: PostgresServer
    minio: MinioServer
    disk: Path
    dice: Random


def kill(stage: Stage) -> bool:
    return _befall(stage, deed=stage.crew.kill)


def stop(stage: Stage) -> bool:
    # Two may sleep at the same time; the third goes on.
    if len(stage.crew.awake()) == 1:
        return False
    return _befall(stage, deed=lambda post: stage.crew.stop_for(post, stage.dice.uniform(*STOPPED)))


def drain(stage: Stage) -> bool:
    return _befall(stage, deed=stage.crew.drain)


def restart(stage: Stage) -> bool:
    stage.postgres.restart(stage.dice.choice(["fast", "immediate"]))
    return True


def crash(stage: Stage) -> bool:
    """kill -9 of a backend: the server restarts itself."""
    pids = _backends(stage)
    if not pids:
        return False
    stage.postgres.kill_backend(stage.dice.choice(pids), signal.SIGKILL)
    return True


def terminate(stage: Stage) -> bool:
    pids = _backends(stage)
    if not pids:
        return False
    stage.postgres.kill_backend(stage.dice.choice(pids), signal.SIGTERM)
    return True


def lose_store(stage: Stage) -> bool:
    seconds = stage.dice.uniform(*STORE_AWAY)
    if stage.dice.random() < 0.5:
        with stage.minio.frozen():
            _PAUSE.wait(seconds)
    else:
        stage.minio.kill()
        _PAUSE.wait(seconds)
        stage.minio.start()
    return True


def truncate(stage: Stage) -> bool:
    """The next answer of the store to some executor ends in the middle."""
    post = stage.dice.choice(stage.crew.posts)
    before = post.store.cuts
    post.store.cut_after(stage.dice.randrange(1_000, 20_000))
    for _ in range(50):
        if post.store.cuts > before:
            return True
        _PAUSE.wait(0.1)
    return False


def fill_disk(stage: Stage) -> bool:
    ballast = stage.disk / "ballast"
    try:
        with ballast.open("wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:
        _PAUSE.wait(DISK_FULL)
    finally:
        ballast.unlink(missing_ok=True)
    return True


def _befall(stage: Stage, *, deed: Callable[[Post], None]) -> bool:
    """Somebody who is at work, once there is one; the moment within that work is chance."""
    for _ in range(100):
        held = _query(stage, "SELECT claimed_by FROM media_process WHERE status = 'processing' ORDER BY id")
        busy = [post for post in stage.crew.awake() if post.executor_ids & set(map(str, held))]
        if busy:
            _PAUSE.wait(stage.dice.uniform(0.0, 0.3))
            deed(stage.dice.choice(busy))
            return True
        _PAUSE.wait(0.1)
    return False


def _backends(stage: Stage) -> list[Any]:
    """Those of the executors."""
    return _query(stage, "SELECT pid FROM pg_stat_activity WHERE application_name = 'mediaproc executor' ORDER BY pid")


def _query(stage: Stage, statement: str) -> list[Any]:
    """One column; nothing while the database is on its way up again."""
    try:
        return stage.crew.site.rows_of(statement)
    except OperationalError:
        return []


FAULTS: Mapping[str, Callable[[Stage], bool]] = {
    "kill -9": kill,
    "SIGSTOP longer than the lease": stop,
    "database restart": restart,
    "crash restart": crash,
    "pg_terminate_backend": terminate,
    "store outage": lose_store,
    "truncated download": truncate,
    "disk full": fill_disk,
    "drain": drain,
}
FULL = dict(zip(FAULTS, (200, 50, 20, 10, 100, 10, 10, 5, 10), strict=True))
SHORT = dict(zip(FAULTS, (6, 2, 1, 1, 4, 1, 1, 1, 1), strict=True))
