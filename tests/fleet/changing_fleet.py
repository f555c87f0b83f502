"""`python -m tests.fleet.changing_fleet`: executors with automatic shards come and go under load, for two minutes.

Three become five; one is killed, one stopped for longer than its lease and continued, two are drained. It prints after
how many ticks all agreed about their numbers, what waited longest, and what was done twice, and ends with 1 where
something is beyond what is promised.
"""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, text

from mediaproc.db import engine as database
from tests.fleet.tasks import enqueue
from tests.parts.postgres import running_postgres
from tests.parts.settings import without_settings

TICK, STEAL_AFTER, LEASE = 1.0, 5.0, 6.0
SLOTS = 4
_SETTINGS = {"cron": "* * * * * *", "steal_after": f"{STEAL_AFTER:g}", "lease": f"{LEASE:g}", "heartbeat": "2"}
# Twenty tasks a second of these seconds keep five to seven slots busy: two executors are enough for them.
_LENGTHS = (0.1, 0.2, 0.3, 0.4, 0.5)
_BETWEEN_ENQUEUES = 0.05
# Seconds for which each state of the fleet lasts.
_STEADY = 12.0
_PATIENCE = 120.0

_NUMBERS = """
SELECT shard_index, shard_total FROM media_executor
WHERE state = 'running' AND found_dead_at IS NULL AND heartbeat_at > now() - lease * interval '1 second'
ORDER BY started_at, id
"""
_WAITED = """
SELECT extract(epoch FROM a.started_at - coalesce(
  lag(a.finished_at) OVER (PARTITION BY a.task_id ORDER BY a.attempt), h.created_at))::float AS waited
FROM media_process_attempt a JOIN media_process_history h ON h.id = a.task_id ORDER BY waited
"""
_TWICE = """
SELECT count(*) - count(DISTINCT task_id) FROM media_process_attempt WHERE outcome = 'completed'
"""
_OUTCOMES = "SELECT outcome, count(*) FROM media_process_attempt GROUP BY 1 ORDER BY 1"
_OWN = """
SELECT count(*) FILTER (WHERE (task_id % 128) % shard_total = shard_index), count(*) FROM media_process_attempt
"""


@dataclass
class Node:
    """A process with one executor."""

    process: subprocess.Popen[str]

    def drain(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("stop\n")
        self.process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@dataclass
class ChangingFleet:
    """The nodes, and what is enqueued for them."""

    url: str
    engine: Engine
    folder: Path
    nodes: list[Node] = field(default_factory=list)
    enqueued: int = 0
    _numbers: Iterator[int] = field(default_factory=count)
    _full: threading.Event = field(default_factory=threading.Event)

    def start(self, nodes: int) -> list[Node]:
        started = [self._start_one() for _ in range(nodes)]
        self.nodes += started
        return started

    def _start_one(self) -> Node:
        order = {
            "url": self.url, "first": next(self._numbers), "count": 1, "total": 1, "shard": "auto", "slots": SLOTS,
            "folder": str(self.folder), "settings": _SETTINGS,
        }  # fmt: skip
        return Node(
            subprocess.Popen(
                [sys.executable, "-m", "tests.fleet.daemons", json.dumps(order)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
                env=without_settings(),
            )
        )

    def enqueue_until_full(self) -> None:
        """One task after the other, until `stop_enqueues`."""
        while not self._full.wait(_BETWEEN_ENQUEUES):
            enqueue(self.engine, name=f"film-{self.enqueued}", seconds=_LENGTHS[self.enqueued % len(_LENGTHS)])
            self.enqueued += 1

    def stop_enqueues(self) -> None:
        self._full.set()

    def told(self) -> list[tuple[int, int]]:
        """The numbers of those that live by their rows."""
        with self.engine.connect() as connection:
            return [(row.shard_index, row.shard_total) for row in connection.execute(text(_NUMBERS))]

    def agree(self, *, on: int) -> bool:
        """Whether so many live, by their rows, and have just the numbers of so many."""
        return self.told() == [(index, on) for index in range(on)]

    def count(self, query: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(text(query)) or 0)


def drain(*nodes: Node) -> None:
    for node in nodes:
        node.drain()


def until(what: Callable[[], bool]) -> float:
    """The seconds until it was so."""
    begun, pause = time.monotonic(), threading.Event()
    while not what():
        if time.monotonic() - begun > _PATIENCE:
            raise TimeoutError("it never was so")
        pause.wait(0.05)
    return time.monotonic() - begun


@contextmanager
def changing_fleet() -> Iterator[ChangingFleet]:
    with running_postgres() as postgres, tempfile.TemporaryDirectory(prefix="mediaproc-fleet-") as folder:
        url = postgres.url(postgres.create_database())
        engine = database.connect(url)
        fleet = ChangingFleet(url, engine, Path(folder))
        try:
            yield fleet
        finally:
            fleet.stop_enqueues()
            for node in fleet.nodes:
                node.send(signal.SIGCONT)
                node.process.kill()
                node.process.wait()
            engine.dispose()


def run(fleet: ChangingFleet) -> list[str]:
    """What is beyond what is promised."""
    wrong: list[str] = []

    def change(what: str, change: Callable[[], object], *, on: int, later: float = 0.0) -> None:
        change()
        # From when on everybody can know: the row of the last one that came, or the death that was noticed.
        known = until(lambda: len(fleet.told()) == on)
        agreed = until(lambda: fleet.agree(on=on))
        print(f"  {what}: {on} live by their rows after {known:.1f} s, all agree {agreed / TICK:.1f} ticks later")
        if agreed > 2 * TICK + later:
            wrong.append(f"{what}: they agreed {agreed:.1f} s later")
        threading.Event().wait(_STEADY)

    change("three start", lambda: fleet.start(3), on=3)
    loader = threading.Thread(target=fleet.enqueue_until_full, daemon=True)
    loader.start()
    threading.Event().wait(_STEADY)
    change("two more start", lambda: fleet.start(2), on=5)
    first, second, third, fourth, fifth = fleet.nodes
    change("one is killed with -9", lambda: second.send(signal.SIGKILL), on=4)
    change("one is stopped", lambda: fourth.send(signal.SIGSTOP), on=3)
    change("it goes on", lambda: fourth.send(signal.SIGCONT), on=4)
    change("two are drained", lambda: drain(first, fifth), on=2)
    fleet.stop_enqueues()
    loader.join()
    until(lambda: fleet.count("SELECT count(*) FROM media_process") == 0)
    assert third.process.poll() is None
    return wrong + _judge(fleet)


def _judge(fleet: ChangingFleet) -> list[str]:
    with fleet.engine.connect() as connection:
        waited = [float(row.waited) for row in connection.execute(text(_WAITED))]
        outcomes = {row[0]: row[1] for row in connection.execute(text(_OUTCOMES))}
        own, attempts = connection.execute(text(_OWN)).one()
    done, twice = fleet.count("SELECT count(*) FROM media_process_history"), fleet.count(_TWICE)
    print(f"  {fleet.enqueued} tasks, {done} done, {twice} twice; attempts {outcomes}")
    print(f"  {own} of {attempts} attempts were of the claimant's own shard, the others were stolen")
    p50, p99, longest = (waited[int(len(waited) * part)] for part in (0.5, 0.99, 0.99999))
    print(f"  waited for a claim: p50 {p50:.3f} s, p99 {p99:.2f} s, longest {longest:.2f} s", end="")
    print(f" (the threshold {STEAL_AFTER:g} s and a tick of {TICK:g} s)")
    wrong = []
    if done != fleet.enqueued or twice:
        wrong.append("not every task was done exactly once")
    if longest > STEAL_AFTER + TICK:
        wrong.append(f"a task waited for {longest:.1f} s")
    return wrong


def main() -> int:
    with changing_fleet() as fleet:
        print(f"Executors with automatic shards, {SLOTS} slots each, come and go under load")
        wrong = run(fleet)
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
