"""`python -m tests.chaos.run`: clips through three executors while faults fall at random; nothing lost, nothing twice.

Prints its seed and a matrix of fault and outcome, and fails when anything is lost or a fault fell too seldom.
"""

import argparse
import math
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from mediaproc.core.errors import MediaprocError
from mediaproc.core.lifecycle import FAIL_LIMIT
from mediaproc.db import engine as database
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.ffmpeg.tools import find_tools
from tests.chaos.crew import Crew
from tests.chaos.faults import FAULTS, FULL, SHORT, Stage
from tests.chaos.test_partition import compensate
from tests.parts.clips import Clips
from tests.parts.minio import find_minio, running_minio
from tests.parts.postgres import running_postgres
from tests.parts.site import Site, make_runner, make_site

EXECUTORS, BACKLOG, QUIET_AFTER = 3, 4, 600.0
# More than the floor that the product leaves alone, little enough to be filled at once.
DISK_SIZE = "512m"

UNFINISHED = (
    "SELECT count(*) FROM media_process"
    " WHERE status IN ('pending', 'processing') OR (status = 'failed' AND fail_count < 3)"
)
OUTCOMES = ("completed", "released", "lost", "failed", "rejected", "cancelled")


@dataclass
class Feeder:
    """Keeps a few tasks waiting, each file of its own bytes, until it is told to end."""

    site: Site
    sources: list[Path]
    folder: Path
    enqueued: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        enqueuer = Enqueuer(engine=self.site.engine, store=self.site.store, runner=make_runner())
        for number, source in enumerate(_forever(self.sources)):
            clip = self.folder / f"clip-{number}{source.suffix}"
            # A container's reader stops at its end: what follows makes other bytes of the same film.
            clip.write_bytes(source.read_bytes() + number.to_bytes(8, "big"))
            while not self._enqueue(enqueuer, clip):
                if self.ended.wait(0.5):
                    return
            clip.unlink()

    def _enqueue(self, enqueuer: Enqueuer, clip: Path) -> bool:
        """Whether it is in; the parts that it needs may be away."""
        with suppress(MediaprocError, OperationalError):
            if self.site.value(UNFINISHED) < BACKLOG:
                told = enqueuer.enqueue(clip, stop=self.ended)
                self.enqueued += 1
                return told.status in {"enqueued", "duplicate"}
        return False


def _forever(sources: list[Path]) -> Iterator[Path]:
    while True:
        yield from sources


@dataclass
class Record:
    """What fell how often, and what became of the attempts that ran just then."""

    asked: Mapping[str, int]
    done: Counter[str] = field(default_factory=Counter)
    struck: dict[str, list[str]] = field(default_factory=dict)

    def matrix(self, outcomes: Mapping[str, str]) -> str:
        """A table in Markdown."""
        lines = [_row("fault", "asked", "done", *OUTCOMES), _row(*["---"] * (3 + len(OUTCOMES)))]
        for fault, asked in self.asked.items():
            ends = Counter(outcomes.get(token, "") for token in self.struck.get(fault, ()))
            lines.append(_row(fault, asked, self.done[fault], *(ends[outcome] for outcome in OUTCOMES)))
        return "\n".join(lines)


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def rage(stage: Stage, *, site: Site, record: Record, feeding: threading.Thread) -> None:
    """All the faults, in an order that the dice give."""
    waiting = [fault for fault, count in record.asked.items() for _ in range(count)]
    stage.dice.shuffle(waiting)
    tries = 3 * len(waiting)
    while waiting and tries > 0 and feeding.is_alive():
        tries -= 1
        threading.Event().wait(stage.dice.uniform(0.0, 0.6))
        fault = waiting.pop()
        running: list[str] = []
        with suppress(OperationalError):
            running = [
                str(token)
                for token in site.rows_of("SELECT claim_token FROM media_process WHERE status = 'processing'")
            ]
        if FAULTS[fault](stage):
            record.done[fault] += 1
            record.struck.setdefault(fault, []).extend(running)
            if record.done.total() % 10 == 0:
                sys.stderr.write(f"{record.done.total()} faults have fallen\n")
        else:
            waiting.insert(0, fault)


def settle_down(stage: Stage, *, site: Site) -> None:
    """Until nothing is left to do."""
    stage.crew.wait_until_all_are_awake()
    for _ in range(int(QUIET_AFTER)):
        with suppress(OperationalError):
            if site.value(UNFINISHED) == 0:
                return
        threading.Event().wait(1.0)
    left = site.rows("SELECT * FROM media_process")
    raise TimeoutError(f"still unfinished: {left}")


def complaints(stage: Stage, *, site: Site, feeder: Feeder, record: Record, folder: Path) -> list[str]:
    """Everything that is not as it must be, a sentence each."""
    wrong = []
    files = site.value("SELECT count(*) FROM media_files WHERE status = 'stored'")
    history = site.history()
    waiting = site.rows("SELECT id, status, fail_count, error FROM media_process")
    if len(history) + len(waiting) != files:
        wrong.append(f"lost or twice: {files} files, {len(history)} in history, {len(waiting)} wait")
    wrong += [
        f"not completed: {row['id']} {row['outcome']}" for row in history.values() if row["outcome"] != "completed"
    ]
    wrong += [
        f"waits without three strikes: {dict(row)}"
        for row in waiting
        if row["fail_count"] < FAIL_LIMIT or not row["error"]
    ]
    excused = stage.crew.killed | stage.crew.stopped
    for attempt in site.attempts():
        if attempt["outcome"] not in {"completed", "released", "lost"}:
            wrong.append(f"an attempt ended as {attempt['outcome']}: {attempt['error']}")
        if attempt["outcome"] == "lost" and str(attempt["executor_id"]) not in excused:
            wrong.append(
                f"a strike that no fault explains: task {attempt['task_id']}, executor {attempt['executor_id']}"
            )
    if site.assert_renditions_are_whole(folder=folder) != len(history):
        wrong.append("a rendition is missing")
    try:
        site.assert_nothing_is_left()
    except AssertionError as error:
        wrong.append(f"something is left: {error}")
    wrong += [f"an executor ended with {code}" for code in stage.crew.exit_codes if code != 0]
    wrong += [f"left running: {name}" for name in _left_running(site.scratch)]
    wrong += [
        f"{fault} fell {record.done[fault]} times of {asked}"
        for fault, asked in record.asked.items()
        if record.done[fault] < asked
    ]
    if feeder.enqueued == 0:
        wrong.append("nothing was enqueued")
    return wrong


def _left_running(scratch: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if str(scratch) in command:
                found.append(command[:200])
    return found


def chaos(*, seed: int, asked: Mapping[str, int]) -> tuple[str, list[str]]:
    """The matrix, and what is wrong."""
    with ExitStack() as block:
        folder = Path(block.enter_context(tempfile.TemporaryDirectory(prefix="mediaproc-chaos-")))
        disk = block.enter_context(small_disk(folder / "disk"))
        minio = block.enter_context(running_minio(folder / "minio"))
        postgres = block.enter_context(running_postgres())
        url = postgres.url(postgres.create_database())
        engine = database.connect(url)
        block.callback(engine.dispose)
        site = make_site(engine, database_url=url, store_url=minio.url(minio.make_bucket()), folder=disk)
        crew = Crew(site, database_port=postgres.port, store_port=minio.port)
        block.callback(crew.close)
        stage = Stage(crew, postgres=postgres, minio=minio, disk=disk, dice=Random(seed))  # noqa: S311 - to be repeated
        feeder = Feeder(site, sources=sources(folder), folder=folder)
        feeding = threading.Thread(target=feeder.run)
        crew.start(EXECUTORS)
        feeding.start()
        record = Record(asked)
        try:
            rage(stage, site=site, record=record, feeding=feeding)
        finally:
            feeder.ended.set()
            feeding.join()
        settle_down(stage, site=site)
        crew.end()
        # As if a day had passed: the sweep's second look.
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE media_process_attempt SET sweep_after = now() WHERE sweep_after IS NOT NULL")
            )
        compensate(site)
        wrong = complaints(stage, site=site, feeder=feeder, record=record, folder=folder)
        outcomes = {str(attempt["claim_token"]): str(attempt["outcome"]) for attempt in site.attempts()}
        tally = Counter(outcomes.values())
        summary = f"{len(site.history())} tasks in history, attempts: {dict(tally)}"
        return f"seed {seed}\n{record.matrix(outcomes)}\n{summary}", wrong


def sources(folder: Path) -> list[Path]:
    """Some of a fraction of a second, some of several seconds."""
    (folder / "sources").mkdir()
    clips = Clips(find_tools(ffmpeg=None, ffprobe=None).ffmpeg, folder / "sources")
    short = [clips.make("avi", seconds=0.4, size=(320, 240), seed=number) for number in range(3)]
    return [*short, clips.make("avi", seconds=5, size=(320, 240), seed=7), *short, clips.make("mov", seconds=2, seed=8)]


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A tmpfs that a test can fill."""
    folder.mkdir()
    mount, umount = shutil.which("mount") or "mount", shutil.which("umount") or "umount"
    subprocess.run([mount, "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--short", action="store_true", help="a few of each fault")
    parser.add_argument("--share", type=float, default=1.0, help="this part of the full counts")
    arguments = parser.parse_args()
    sys.stdout.write(f"seed {arguments.seed}; again with --seed {arguments.seed}\n")
    sys.stdout.flush()
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    find_minio()
    full = {fault: math.ceil(count * arguments.share) for fault, count in FULL.items()}
    told, wrong = chaos(seed=arguments.seed, asked=SHORT if arguments.short else full)
    sys.stdout.write("\n".join([told, *wrong, f"{len(wrong)} complaints", ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
