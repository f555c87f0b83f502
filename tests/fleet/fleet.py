"""The fleet: some processes with many daemons in each; started, asked and stopped together."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from tests.parts.settings import without_settings

# More executors in one process wait for Python's lock too long.
_MOST_IN_A_PROCESS = 250
_START_TIMEOUT = 300.0
_LIVING = "SELECT count(*) FROM media_executor WHERE state <> 'stopped' AND started_at >= :since"


@dataclass
class Told:
    """What the executors did since they were asked last."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[str]] = field(default_factory=dict)
    cpu: float = 0.0
    threads: int = 0

    def add(self, told: Mapping[str, Any]) -> None:
        for name, seconds in told["seconds"].items():
            self.seconds.setdefault(name, []).extend(seconds)
        self.events.update(told["events"])
        for event, lines in told["lines"].items():
            self.lines.setdefault(event, []).extend(lines)
        self.cpu += told["cpu"]
        self.threads += told["threads"]


class Fleet:
    """So many executors on shards of their own."""

    def __init__(
        self, url: str, *, engine: Engine, executors: int, slots: int, folder: Path, settings: Mapping[str, str]
    ) -> None:
        self._engine = engine
        self.executors = executors
        self.slots = slots
        self._orders = [
            {
                "url": url, "first": first, "count": min(_MOST_IN_A_PROCESS, executors - first), "total": executors,
                "slots": slots, "folder": str(folder), "settings": dict(settings),
            }
            for first in range(0, executors, _MOST_IN_A_PROCESS)
        ]  # fmt: skip
        self._processes: list[subprocess.Popen[str]] = []

    def start(self) -> float:
        """Start them all; returns the seconds until all had registered."""
        begun = time.monotonic()
        with self._engine.connect() as connection:
            since = connection.scalar(text("SELECT now()"))
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.fleet.daemons", json.dumps(order)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=without_settings(),
            )
            for order in self._orders
        ]
        pause = threading.Event()
        while self._living(since) < self.executors:
            self._require_all()
            if time.monotonic() - begun > _START_TIMEOUT:
                raise TimeoutError(f"{self._living(since)} of {self.executors} executors have registered")
            pause.wait(0.2)
        return time.monotonic() - begun

    def _living(self, since: object) -> int:
        with self._engine.connect() as connection:
            return int(connection.scalar(text(_LIVING), {"since": since}) or 0)

    def _require_all(self) -> None:
        for process in self._processes:
            if process.poll() is not None:
                raise RuntimeError(f"a process of executors ended with {process.returncode}")

    def told(self) -> Told:
        """What happened since this was called last."""
        told = Told()
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("tell\n")
            process.stdin.flush()
        for process in self._processes:
            assert process.stdout is not None
            told.add(json.loads(process.stdout.readline()))
        return told

    def stop(self) -> None:
        """Let all release what they work on, and end."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("stop\n")
            process.stdin.close()
        self._wait()

    def kill(self) -> None:
        """End all at once, as a power cut does."""
        for process in self._processes:
            process.kill()
        self._wait()

    def _wait(self) -> None:
        for process in self._processes:
            process.wait(timeout=120)
            assert process.stdout is not None
            process.stdout.close()
        self._processes = []


@contextmanager
def fleet(
    url: str, *, engine: Engine, executors: int, slots: int = 8, settings: Mapping[str, str] | None = None
) -> Iterator[Fleet]:
    """A fleet that is not started yet; what runs at the block's end is killed."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-fleet-") as folder:
        made = Fleet(url, engine=engine, executors=executors, slots=slots, folder=Path(folder), settings=settings or {})
        try:
            yield made
        finally:
            made.kill()
