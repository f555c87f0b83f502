"""`python -m tests.chaos.run`: clips through three executors while faults fall at random; nothing lost, nothing twice.

Prints its seed and a matrix of fault and outcome, and fails when anything is lost or a fault fell too seldom.
"""

import argparse
import json
import math
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from mediaproc import clock
from mediaproc.core.source_kind import DRAFT_PROFILE
from mediaproc.db import engine as database
from tests.chaos import consistency_check
from tests.chaos.disruptions import times_without_executor
from tests.chaos.executor_fleet import ExecutorFleet
from tests.chaos.fault_matrix import ChaosReport, FaultMatrix
from tests.chaos.faults import FAULTS, FOR_ROOT, FULL, SHORT, SystemUnderTest
from tests.chaos.orphans import adopt_orphans, left_running
from tests.chaos.workload import PROFILES, UNFINISHED, Workload, make_sources
from tests.parts.minio import find_minio, running_minio
from tests.parts.postgres import running_postgres
from tests.parts.site import make_site
from tests.parts.small_disk import mounted_small_disk

EXECUTORS, QUIET_AFTER = 3, 600.0
# Bytes: more than the free space that an executor requires, little enough to be filled at once.
DISK_SIZE = 512 << 20
_TELL_EVERY = 10


def chaos(*, seed: int, asked: Mapping[str, int]) -> ChaosReport:
    """One run, from the start of its servers to the check of its final state."""
    began = clock.elapsed()
    with ExitStack() as block:
        block.enter_context(adopt_orphans())
        folder = Path(block.enter_context(tempfile.TemporaryDirectory(prefix="mediaproc-chaos-")))
        system = _set_up(block, folder=folder, random=Random(seed), fills_disk="disk full" in asked)  # noqa: S311 - to be repeated
        matrix = FaultMatrix(asked)
        workload = Workload(system.fleet.site, sources=make_sources(folder / "sources"), folder=folder)
        workload_thread = threading.Thread(target=workload.run)
        system.fleet.start(EXECUTORS)
        workload_thread.start()
        try:
            inject_faults(system, matrix=matrix, workload_thread=workload_thread)
        finally:
            workload.ended.set()
            workload_thread.join()
        finish(system)
        return _report(system, matrix=matrix, enqueued=workload.enqueued, folder=folder, seed=seed, began=began)


def _set_up(block: ExitStack, *, folder: Path, random: Random, fills_disk: bool) -> SystemUnderTest:
    disk = folder / "disk"
    if fills_disk:
        block.enter_context(mounted_small_disk(disk, size=DISK_SIZE, lazy=True))
    else:
        disk.mkdir()
    minio = block.enter_context(running_minio(folder / "minio"))
    postgres = block.enter_context(running_postgres())
    url = postgres.url(postgres.create_database())
    engine = database.connect(url)
    block.callback(engine.dispose)
    site = make_site(engine, database_url=url, store_url=minio.url(minio.make_bucket()), folder=disk)
    profiles = folder / "profiles.toml"
    profiles.write_text(PROFILES)
    fleet = ExecutorFleet(site, database_port=postgres.port, store_port=minio.port, profiles=profiles)
    block.callback(fleet.close)
    return SystemUnderTest(fleet, postgres=postgres, minio=minio, disk=disk, random=random)


def inject_faults(system: SystemUnderTest, *, matrix: FaultMatrix, workload_thread: threading.Thread) -> None:
    """Injects all the faults in random order; a fault that found no busy executor is injected again later."""
    began = clock.elapsed()
    coming = [fault for fault, count in matrix.asked.items() for _ in range(count)]
    system.random.shuffle(coming)
    tries = 3 * len(coming)
    while coming and tries > 0 and workload_thread.is_alive():
        tries -= 1
        threading.Event().wait(system.random.uniform(0.0, 0.6))
        fault = coming.pop()
        disruption = FAULTS[fault](system)
        if disruption is None:
            coming.insert(0, fault)
            continue
        matrix.add(fault, disruption=disruption)
        if len(coming) % _TELL_EVERY == 0:
            sys.stderr.write(f"{clock.elapsed() - began:.0f} s: {matrix.so_far()}\n")


def finish(system: SystemUnderTest) -> None:
    """Waits until every task has ended, drains the fleet, and runs the sweep."""
    site = system.fleet.site
    system.fleet.wait_until_all_are_awake()
    for _ in range(int(QUIET_AFTER)):
        with suppress(OperationalError):
            if site.value(UNFINISHED) == 0:
                break
        threading.Event().wait(1.0)
    else:
        left = site.rows("SELECT * FROM media_process")
        raise TimeoutError(f"still unfinished: {left}")
    system.fleet.drain_all()
    # As if a day had passed, after which the sweep looks a second time.
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE media_process_attempt SET sweep_after = now() WHERE sweep_after IS NOT NULL"))
    # One pass sweeps a limited number of attempts.
    while site.value("SELECT count(*) FROM media_process_attempt WHERE sweep_after <= now()"):
        site.compensate()


def _report(
    system: SystemUnderTest, *, matrix: FaultMatrix, enqueued: AbstractSet[str], folder: Path, seed: int, began: float
) -> ChaosReport:
    fleet = system.fleet
    after = consistency_check.read_final_state(fleet.site, enqueued=enqueued, folder=folder)
    return ChaosReport(
        seed=seed,
        seconds=clock.elapsed() - began,
        matrix=matrix,
        attempts=after.attempts,
        log=fleet.log,
        completed=len(after.history),
        drafts={row["id"] for row in after.history if row["profile"] == DRAFT_PROFILE},
        waiting=len(after.waiting),
        wrong=[
            *consistency_check.complaints(after),
            *system.wrong,
            *matrix.complaints(
                after.attempts,
                kills_and_stops=fleet.kills_and_stops,
                without_executor=list(times_without_executor(fleet.uptimes)),
            ),
            *(f"outlived its executor: {name}" for name in fleet.surviving_children),
            *(f"left running: {name}" for name in left_running()),
            *(f"an executor ended with {code}" for code in fleet.exit_codes if code != 0),
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--short", action="store_true", help="a few of each fault")
    parser.add_argument("--share", type=float, default=1.0, help="this part of the full counts")
    parser.add_argument("--report", type=Path, help="append the matrix and what is wrong to this file")
    parser.add_argument("--log", type=Path, help="write what the executors logged to this file")
    arguments = parser.parse_args()
    how = "--short" if arguments.short else f"--share {arguments.share:g}" if arguments.share != 1 else ""
    command = f"python -m tests.chaos.run --seed {arguments.seed} {how}".rstrip()
    sys.stdout.write(f"{command}\n")
    sys.stdout.flush()
    # At SIGTERM the run ends the processes that it started.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    find_minio()
    full = {fault: math.ceil(count * arguments.share) for fault, count in FULL.items()}
    ended = chaos(seed=arguments.seed, asked=allowed(SHORT if arguments.short else full))
    report = ended.report(command=command)
    sys.stdout.write(report)
    if arguments.report:
        with arguments.report.open("a") as file:
            file.write(report)
    if arguments.log:
        arguments.log.write_text("".join(json.dumps(line) + "\n" for line in ended.log))
    return 1 if ended.wrong else 0


def allowed(asked: Mapping[str, int]) -> dict[str, int]:
    """The faults that this user may inject; writes to standard error which are left out."""
    if os.geteuid() == 0:
        return dict(asked)
    sys.stderr.write(f"without {' and '.join(FOR_ROOT)}: only root may mount a small disk\n")
    return {fault: count for fault, count in asked.items() if fault not in FOR_ROOT}


if __name__ == "__main__":
    sys.exit(main())
