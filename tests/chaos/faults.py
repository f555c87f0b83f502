"""What falls upon a chaos run, one fault at a time; each tells when and upon whom, or None when nobody was at work."""

import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.chaos.bad_nodes import FLAWS, Ground, visit
from tests.chaos.disruptions import LEASE, Disruption
from tests.chaos.executor_fleet import ExecutorGroup, ExecutorPlace, Look
from tests.parts.minio import MinioServer
from tests.parts.postgres import PostgresServer
from tests.parts.waiting import until

# Seconds.
STOPPED, STORE_AWAY, DISK_FULL = (LEASE + 0.5, 2 * LEASE), (1.0, 4.0), 2.5
# Bytes of an answer: more than all that the store says about an upload, less than the smallest source.
_CUT_AFTER, _NEVER = (4_000, 20_000), 1 << 40
_PAUSE = threading.Event()
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mediaproc executor' ORDER BY pid"


@dataclass(frozen=True)
class Stage:
    """Everything that may be broken, and the dice; `wrong` is what was seen of a fault that may not be."""

    group: ExecutorGroup
    postgres: PostgresServer
    minio: MinioServer
    disk: Path
    dice: Random
    wrong: list[str] = field(default_factory=list)


def kill(stage: Stage) -> Disruption | None:
    return _befall(stage, deed=stage.group.kill)


def stop(stage: Stage) -> Disruption | None:
    # Two may sleep at the same time; the third goes on.
    if len(stage.group.awake()) == 1:
        return None
    return _befall(stage, deed=lambda post: stage.group.stop_for(post, stage.dice.uniform(*STOPPED)))


def drain(stage: Stage) -> Disruption | None:
    return _befall(stage, deed=stage.group.drain)


def restart(stage: Stage) -> Disruption | None:
    return _last(stage, deed=lambda: stage.postgres.restart(stage.dice.choice(["fast", "immediate"])))


def crash(stage: Stage) -> Disruption | None:
    """kill -9 of a backend: the server restarts itself."""

    def deed() -> None:
        with stage.group.site.engine.connect() as watching:
            _kill_backend(stage, signal.SIGKILL)
            try:
                # The server cuts everybody off before it starts anew.
                until(lambda: watching.scalar(text("SELECT false")))
            except OperationalError:
                return

    return _last(stage, deed=deed)


def terminate(stage: Stage) -> Disruption | None:
    return _last(stage, deed=lambda: _kill_backend(stage, signal.SIGTERM))


def lose_store(stage: Stage) -> Disruption | None:
    seconds = stage.dice.uniform(*STORE_AWAY)

    def freeze() -> None:
        with stage.minio.frozen():
            _PAUSE.wait(seconds)

    def power_cut() -> None:
        stage.minio.kill()
        _PAUSE.wait(seconds)
        stage.minio.start()

    return _last(stage, deed=stage.dice.choice([freeze, power_cut]))


def truncate(stage: Stage) -> Disruption | None:
    """The next source that some executor downloads ends in the middle."""
    post = stage.dice.choice(stage.group.awake())
    cuts, lines = post.store.cuts, len(post.process.lines)
    post.store.cut_after(stage.dice.randrange(*_CUT_AFTER))
    for _ in range(50):
        began = stage.group.look().moment
        _PAUSE.wait(0.1)
        if post.store.cuts > cuts:
            blow = Disruption(began=began, ended=stage.group.look().moment, victim=post.executor_id)
            downloaded = any(line.get("stage") == "download" for line in post.process.lines[lines:])
            return blow if downloaded and blow.struck(stage.group.site.attempts()) else None
    post.store.cut_after(_NEVER)
    return None


def fill_disk(stage: Stage) -> Disruption | None:
    ballast = stage.disk / "ballast"

    def deed() -> None:
        try:
            with ballast.open("wb") as file:
                while True:
                    file.write(bytes(1 << 20))
        except OSError:
            _PAUSE.wait(DISK_FULL)
        finally:
            ballast.unlink(missing_ok=True)

    return _last(stage, deed=deed)


def stand_beside(name: str) -> Callable[[Stage], Disruption | None]:
    """A further node, with which something is wrong, among those at work."""

    def deed(stage: Stage) -> None:
        with tempfile.TemporaryDirectory(prefix="mediaproc-chaos-node-") as folder:
            settings = stage.group.settings | {"shard": stage.dice.choice(stage.group.posts).shard}
            ground = Ground(settings, minio=stage.minio, folder=Path(folder), dice=stage.dice)
            is_there = partial(stage.group.has_met, since=stage.group.look().moment)
            stage.wrong.extend(visit(name, ground=ground, is_there=is_there))

    return lambda stage: _last(stage, deed=lambda: deed(stage))


def _befall(stage: Stage, *, deed: Callable[[ExecutorPlace], Disruption | None]) -> Disruption | None:
    """Upon one who is at work."""
    _, busy = _somebody_at_work(stage)
    return deed(stage.dice.choice(busy)) if busy else None


def _last(stage: Stage, *, deed: Callable[[], None]) -> Disruption | None:
    """Upon everybody, as long as the deed lasts and until the database answers again."""
    look, busy = _somebody_at_work(stage)
    if not busy:
        return None
    try:
        deed()
    except subprocess.CalledProcessError:
        # The backend to be killed had just ended by itself.
        return None
    return Disruption(began=look.moment, ended=stage.group.look().moment, held=look.held())


def _somebody_at_work(stage: Stage) -> tuple[Look, list[ExecutorPlace]]:
    """Who, and all that is held, once there is somebody; the moment within that work is chance. Nobody: none came."""
    looks = 100
    while True:
        looks -= 1
        if stage.group.at_work(stage.group.look()):
            _PAUSE.wait(stage.dice.uniform(0.0, 0.3))
        look = stage.group.look()
        busy = stage.group.at_work(look)
        if busy or looks == 0:
            return look, busy
        _PAUSE.wait(0.1)


def _kill_backend(stage: Stage, number: signal.Signals) -> None:
    """One of the executors', as soon as they have one: right after a restart they hold claims and no connection."""
    pids = until(lambda: stage.group.site.rows_of(_BACKENDS))
    stage.postgres.kill_backend(stage.dice.choice(pids), number)


FAULTS: Mapping[str, Callable[[Stage], Disruption | None]] = {
    "kill -9": kill,
    "SIGSTOP longer than the lease": stop,
    "database restart": restart,
    "crash restart": crash,
    "pg_terminate_backend": terminate,
    "store outage": lose_store,
    "truncated download": truncate,
    "disk full": fill_disk,
    "drain": drain,
    **{name: stand_beside(name) for name in FLAWS},
}
# After these compensation holds off.
OUTAGES = ("database restart", "crash restart", "pg_terminate_backend")
# Only root may mount the small disks that are full.
FOR_ROOT = ("disk full", "node with a full disk")
FULL = dict(zip(FAULTS, (200, 50, 20, 10, 100, 10, 10, 5, 10, *[5] * len(FLAWS)), strict=True))
SHORT = dict(zip(FAULTS, (6, 2, 1, 1, 4, 1, 1, 1, 1, *[1] * len(FLAWS)), strict=True))
