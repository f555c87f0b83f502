"""Fault injection for a chaos run: each fault returns its disruption, or None when no executor was busy."""

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

from tests.chaos.bad_nodes import FLAWS, NodeSetup, run_bad_node
from tests.chaos.disruptions import LEASE, Disruption
from tests.chaos.executor_fleet import ExecutorFleet, HeldClaims, Node
from tests.parts.minio import MinioServer
from tests.parts.postgres import PostgresServer
from tests.parts.waiting import until

# Seconds.
STOPPED, STORE_AWAY, DISK_FULL = (LEASE + 0.5, 2 * LEASE), (1.0, 4.0), 2.5
# Bytes of the store's answer: more than it sends about an upload, less than the smallest source.
_CUT_AFTER, _NEVER = (4_000, 20_000), 1 << 40
_PAUSE = threading.Event()
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mediaproc executor' ORDER BY pid"


@dataclass(frozen=True)
class SystemUnderTest:
    """Everything that faults are injected into, and random numbers; `wrong` has the complaints about bad nodes."""

    fleet: ExecutorFleet
    postgres: PostgresServer
    minio: MinioServer
    disk: Path
    random: Random
    wrong: list[str] = field(default_factory=list)


def kill(system: SystemUnderTest) -> Disruption | None:
    return _inject_into_one(system, inject=system.fleet.kill)


def stop(system: SystemUnderTest) -> Disruption | None:
    # At most two executors are stopped at the same time; the third goes on.
    if len(system.fleet.awake()) == 1:
        return None
    return _inject_into_one(system, inject=lambda node: system.fleet.stop_for(node, system.random.uniform(*STOPPED)))


def drain(system: SystemUnderTest) -> Disruption | None:
    return _inject_into_one(system, inject=system.fleet.drain)


def restart(system: SystemUnderTest) -> Disruption | None:
    return _inject_into_all(system, inject=lambda: system.postgres.restart(system.random.choice(["fast", "immediate"])))


def crash(system: SystemUnderTest) -> Disruption | None:
    """kill -9 of a backend: the server restarts itself."""

    def inject() -> None:
        with system.fleet.site.engine.connect() as watching:
            _kill_backend(system, signal.SIGKILL)
            try:
                # The server ends every connection before it restarts.
                until(lambda: watching.scalar(text("SELECT false")))
            except OperationalError:
                return

    return _inject_into_all(system, inject=inject)


def terminate(system: SystemUnderTest) -> Disruption | None:
    return _inject_into_all(system, inject=lambda: _kill_backend(system, signal.SIGTERM))


def lose_store(system: SystemUnderTest) -> Disruption | None:
    seconds = system.random.uniform(*STORE_AWAY)

    def freeze() -> None:
        with system.minio.frozen():
            _PAUSE.wait(seconds)

    def power_cut() -> None:
        system.minio.kill()
        _PAUSE.wait(seconds)
        system.minio.start()

    return _inject_into_all(system, inject=system.random.choice([freeze, power_cut]))


def truncate(system: SystemUnderTest) -> Disruption | None:
    """One executor's next download of a source ends in the middle."""
    node = system.random.choice(system.fleet.awake())
    cuts, lines = node.store.cuts, len(node.process.lines)
    node.store.cut_after(system.random.randrange(*_CUT_AFTER))
    for _ in range(50):
        began = system.fleet.held_claims().moment
        _PAUSE.wait(0.1)
        if node.store.cuts > cuts:
            disruption = Disruption(began=began, ended=system.fleet.held_claims().moment, victim=node.executor_id)
            downloaded = any(line.get("stage") == "download" for line in node.process.lines[lines:])
            return disruption if downloaded and disruption.affected(system.fleet.site.attempts()) else None
    node.store.cut_after(_NEVER)
    return None


def fill_disk(system: SystemUnderTest) -> Disruption | None:
    ballast = system.disk / "ballast"

    def inject() -> None:
        try:
            with ballast.open("wb") as file:
                while True:
                    file.write(bytes(1 << 20))
        except OSError:
            _PAUSE.wait(DISK_FULL)
        finally:
            ballast.unlink(missing_ok=True)

    return _inject_into_all(system, inject=inject)


def add_bad_node(name: str) -> Callable[[SystemUnderTest], Disruption | None]:
    """The fault that one more node with this flaw runs beside the fleet."""

    def inject(system: SystemUnderTest) -> None:
        with tempfile.TemporaryDirectory(prefix="mediaproc-chaos-node-") as folder:
            settings = system.fleet.settings | {"shard": system.random.choice(system.fleet.nodes).shard}
            setup = NodeSetup(settings, minio=system.minio, folder=Path(folder), random=system.random)
            is_registered = partial(system.fleet.has_registered, since=system.fleet.held_claims().moment)
            system.wrong.extend(run_bad_node(name, setup=setup, is_registered=is_registered))

    return lambda system: _inject_into_all(system, inject=lambda: inject(system))


def _inject_into_one(system: SystemUnderTest, *, inject: Callable[[Node], Disruption | None]) -> Disruption | None:
    """Injects the fault into one busy node."""
    _, busy = _wait_for_busy_nodes(system)
    return inject(system.random.choice(busy)) if busy else None


def _inject_into_all(system: SystemUnderTest, *, inject: Callable[[], None]) -> Disruption | None:
    """Injects a fault that affects all executors; it lasts until `inject` returns and the database answers again."""
    held, busy = _wait_for_busy_nodes(system)
    if not busy:
        return None
    try:
        inject()
    except subprocess.CalledProcessError:
        # The backend to be killed had just ended by itself.
        return None
    return Disruption(began=held.moment, ended=system.fleet.held_claims().moment, held=held.tokens())


def _wait_for_busy_nodes(system: SystemUnderTest) -> tuple[HeldClaims, list[Node]]:
    """The held claims and the nodes that hold them, at a random moment of their work; no nodes if none became busy."""
    tries = 100
    while True:
        tries -= 1
        if system.fleet.busy_nodes(system.fleet.held_claims()):
            _PAUSE.wait(system.random.uniform(0.0, 0.3))
        held = system.fleet.held_claims()
        busy = system.fleet.busy_nodes(held)
        if busy or tries == 0:
            return held, busy
        _PAUSE.wait(0.1)


def _kill_backend(system: SystemUnderTest, number: signal.Signals) -> None:
    """Signals one executor's backend; right after a restart executors hold claims before they have a connection."""
    pids = until(lambda: system.fleet.site.rows_of(_BACKENDS))
    system.postgres.kill_backend(system.random.choice(pids), number)


FAULTS: Mapping[str, Callable[[SystemUnderTest], Disruption | None]] = {
    "kill -9": kill,
    "SIGSTOP longer than the lease": stop,
    "database restart": restart,
    "crash restart": crash,
    "pg_terminate_backend": terminate,
    "store outage": lose_store,
    "truncated download": truncate,
    "disk full": fill_disk,
    "drain": drain,
    **{name: add_bad_node(name) for name in FLAWS},
}
# The faults after which compensation holds off.
OUTAGES = ("database restart", "crash restart", "pg_terminate_backend")
# Only root may mount the small disks that these faults fill.
FOR_ROOT = ("disk full", "node with a full disk")
FULL = dict(zip(FAULTS, (200, 50, 20, 10, 100, 10, 10, 5, 10, *[5] * len(FLAWS)), strict=True))
SHORT = dict(zip(FAULTS, (6, 2, 1, 1, 4, 1, 1, 1, 1, *[1] * len(FLAWS)), strict=True))
