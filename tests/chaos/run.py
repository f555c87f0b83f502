"""`python -m tests.chaos.run`: clips through three executors while faults fall at random; nothing lost, nothing twice.

Prints its seed and a matrix of fault and outcome, and fails when anything is lost or a fault fell too seldom.
"""

import argparse
import json
import math
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from mediaproc import clock
from mediaproc.db import engine as database
from tests.chaos import consistency_check
from tests.chaos.disruptions import nobody_up
from tests.chaos.executor_fleet import ExecutorGroup
from tests.chaos.fault_matrix import Ended, FaultMatrix
from tests.chaos.faults import FAULTS, FOR_ROOT, FULL, SHORT, Stage
from tests.chaos.orphans import adopting, left_running
from tests.chaos.test_partition import compensate
from tests.chaos.workload import PROFILES, UNFINISHED, Workload, make_sources
from tests.parts.minio import find_minio, running_minio
from tests.parts.postgres import running_postgres
from tests.parts.site import make_site

EXECUTORS, QUIET_AFTER = 3, 600.0
# More than the floor that the product leaves alone, little enough to be filled at once.
DISK_SIZE = "512m"
_TELL_EVERY = 10


def chaos(*, seed: int, asked: Mapping[str, int]) -> Ended:
    """One run from its servers' start to the last look at what it left."""
    began = clock.elapsed()
    with ExitStack() as block:
        block.enter_context(adopting())
        folder = Path(block.enter_context(tempfile.TemporaryDirectory(prefix="mediaproc-chaos-")))
        stage = _set_up(block, folder=folder, dice=Random(seed), fills_disk="disk full" in asked)  # noqa: S311 - to be repeated
        record = FaultMatrix(asked)
        feeder = Workload(stage.group.site, sources=make_sources(folder / "sources"), folder=folder)
        feeding = threading.Thread(target=feeder.run)
        stage.group.start(EXECUTORS)
        feeding.start()
        try:
            rage(stage, record=record, feeding=feeding)
        finally:
            feeder.ended.set()
            feeding.join()
        settle_down(stage)
        return _look_back(stage, record=record, taken=feeder.taken, folder=folder, seed=seed, began=began)


def _set_up(block: ExitStack, *, folder: Path, dice: Random, fills_disk: bool) -> Stage:
    (folder / "disk").mkdir()
    disk = block.enter_context(small_disk(folder / "disk")) if fills_disk else folder / "disk"
    minio = block.enter_context(running_minio(folder / "minio"))
    postgres = block.enter_context(running_postgres())
    url = postgres.url(postgres.create_database())
    engine = database.connect(url)
    block.callback(engine.dispose)
    site = make_site(engine, database_url=url, store_url=minio.url(minio.make_bucket()), folder=disk)
    profiles = folder / "profiles.toml"
    profiles.write_text(PROFILES)
    group = ExecutorGroup(site, database_port=postgres.port, store_port=minio.port, profiles=profiles)
    block.callback(group.close)
    return Stage(group, postgres=postgres, minio=minio, disk=disk, dice=dice)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A tmpfs that a test can fill."""
    mount, umount = shutil.which("mount") or "mount", shutil.which("umount") or "umount"
    subprocess.run([mount, "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


def rage(stage: Stage, *, record: FaultMatrix, feeding: threading.Thread) -> None:
    """All the faults, in an order that the dice give; one that befell nobody comes again later."""
    began = clock.elapsed()
    coming = [fault for fault, count in record.asked.items() for _ in range(count)]
    stage.dice.shuffle(coming)
    tries = 3 * len(coming)
    while coming and tries > 0 and feeding.is_alive():
        tries -= 1
        threading.Event().wait(stage.dice.uniform(0.0, 0.6))
        fault = coming.pop()
        blow = FAULTS[fault](stage)
        if blow is None:
            coming.insert(0, fault)
            continue
        record.add(fault, blow=blow)
        if len(coming) % _TELL_EVERY == 0:
            sys.stderr.write(f"{clock.elapsed() - began:.0f} s: {record.so_far()}\n")


def settle_down(stage: Stage) -> None:
    """Until nothing is left to do; then everybody goes, and the sweep comes."""
    site = stage.group.site
    stage.group.wait_until_all_are_awake()
    for _ in range(int(QUIET_AFTER)):
        with suppress(OperationalError):
            if site.value(UNFINISHED) == 0:
                break
        threading.Event().wait(1.0)
    else:
        left = site.rows("SELECT * FROM media_process")
        raise TimeoutError(f"still unfinished: {left}")
    stage.group.end()
    # As if a day had passed: the sweep's second look.
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE media_process_attempt SET sweep_after = now() WHERE sweep_after IS NOT NULL"))
    # A pass looks at so many at the most.
    while site.value("SELECT count(*) FROM media_process_attempt WHERE sweep_after <= now()"):
        compensate(site)


def _look_back(
    stage: Stage, *, record: FaultMatrix, taken: AbstractSet[str], folder: Path, seed: int, began: float
) -> Ended:
    group = stage.group
    after = consistency_check.look_at(group.site, taken=taken, folder=folder)
    return Ended(
        seed=seed,
        seconds=clock.elapsed() - began,
        record=record,
        attempts=after.attempts,
        log=group.log,
        completed=len(after.history),
        waiting=len(after.waiting),
        wrong=[
            *consistency_check.complaints(after),
            *stage.wrong,
            *record.complaints(after.attempts, deeds=group.deeds, alone=list(nobody_up(group.watches))),
            *(f"outlived its executor: {name}" for name in group.survivors),
            *(f"left running: {name}" for name in left_running()),
            *(f"an executor ended with {code}" for code in group.exit_codes if code != 0),
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
    # Told to end, it ends what it started.
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
    """What this user may let fall; says so where that is not all."""
    if os.geteuid() == 0:
        return dict(asked)
    sys.stderr.write(f"without {' and '.join(FOR_ROOT)}: only root may mount a small disk\n")
    return {fault: count for fault, count in asked.items() if fault not in FOR_ROOT}


if __name__ == "__main__":
    sys.exit(main())
