"""What falls upon a chaos run, one fault at a time; each says whether it really befell somebody."""

import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.crew import Crew
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
    awake = stage.crew.awake()
    if not awake:
        return False
    stage.crew.kill(stage.dice.choice(awake))
    return True


def stop(stage: Stage) -> bool:
    awake = stage.crew.awake()
    # Two may sleep at the same time; the third goes on.
    if len(awake) < 2:
        return False
    stage.crew.stop_for(stage.dice.choice(awake), stage.dice.uniform(*STOPPED))
    return True


def drain(stage: Stage) -> bool:
    awake = stage.crew.awake()
    if not awake:
        return False
    stage.crew.drain(stage.dice.choice(awake))
    return True


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


def _backends(stage: Stage) -> list[int]:
    """Those of the executors."""
    try:
        rows = stage.postgres.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'mediaproc executor' ORDER BY pid"
        )
    except Exception:  # noqa: BLE001 - it may be on its way up again; then there are none
        return []
    return [int(str(pid)) for (pid,) in rows]


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
