"""After PostgreSQL restarted as much gets done as before: every slot works again, and no claim is slower."""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mediaproc.core.errors import Unavailable
from mediaproc.core.task import Report
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.tasks.operator_acts import cancel
from mediaproc.executor.task_table import TaskTable
from tests.db.task_rows import add_tasks, claimant, rendition
from tests.parts.clips import Clips
from tests.parts.executors import executors
from tests.parts.postgres import PostgresServer, running_postgres
from tests.parts.site import FragileSite
from tests.parts.waiting import until

pytestmark = pytest.mark.timeout(900)

EXECUTORS, SLOTS = 2, 2
# What throughput returns to at least.
SHARE = 0.95
# The median of so many rounds, each of so many cycles of claim and settle in so many threads.
ROUNDS, CYCLES, THREADS = 9, 40, 2
# Rounds in which it must have returned.
AT_MOST = 4 * ROUNDS

# An ffmpeg that holds its slot until it is ended, at no cost.
_FFMPEG = '#!/bin/sh\ncase "$*" in *libx264*) exec tail -f /dev/null ;; esac\nexec /usr/bin/env ffmpeg "$@"\n'


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_after_a_restart_of_the_database_every_slot_works_again(
    fragile: FragileSite, clips: Clips, tmp_path: Path, mode: str
) -> None:
    site = fragile.site
    program = tmp_path / "ffmpeg"
    program.write_text(_FFMPEG)
    program.chmod(0o755)
    first = site.enqueue(clips.make_many(EXECUTORS * SLOTS, seconds=0.4, first_seed=61_000))
    settings = site.settings | {"ffmpeg": str(program), "sandbox": "off", "slots": str(SLOTS), "lease": "60"}

    def at_work() -> Counter[object]:
        return Counter(site.rows_of("SELECT claimed_by FROM media_process WHERE status = 'processing'"))

    with executors(*["0/1"] * EXECUTORS, settings=settings, arguments=()) as running:
        before = until(lambda: found if (found := at_work()).total() == EXECUTORS * SLOTS else None)
        for one in running:
            one.wait_for(event="listening")
        site.engine.dispose()
        fragile.postgres.restart(mode)
        second = site.enqueue(clips.make_many(EXECUTORS * SLOTS, seconds=0.4, first_seed=61_100))
        with site.engine.begin() as connection:
            assert all(cancel(connection, task_id=task) for task in first)
        until(lambda: at_work() == before)
        assert set(site.rows_of("SELECT id FROM media_process WHERE status = 'processing'")) == set(second)
        assert set(site.rows_of("SELECT fail_count FROM media_process")) == {0}


class Mill:
    """Ends made-up tasks by the product's own statements, over one pool of connections, as the slots of an executor."""

    def __init__(self, postgres: PostgresServer, *, asks_once_more: bool = False) -> None:
        self._postgres = postgres
        # Whose minute it is would decide whose tables are vacuumed: the one's before the restart, the other's after it.
        postgres.execute("ALTER SYSTEM SET autovacuum = off")
        postgres.execute("SELECT pg_reload_conf()")
        self._database = postgres.create_database()
        self.engine = database.connect(postgres.url(self._database))
        self._task_table = TaskTable(Database(self.engine), claimant=claimant())
        self._asks_once_more = asks_once_more
        self._names = itertools.count()

    def fill(self) -> None:
        add_tasks(self.engine, count=CYCLES, name=f"round-{next(self._names)}")

    def throughput(self) -> float:
        """Tasks for each second of CPU in one round, ours and the server's: with every slot at work that is the limit.

        The wall's seconds tell more of what else the machine does.
        """
        self.fill()
        begun, server_begun = time.process_time(), self._server_seconds()
        self.empty()
        server = sum(seconds - server_begun.get(pid, 0.0) for pid, seconds in self._server_seconds().items())
        return CYCLES / (time.process_time() - begun + server)

    def empty(self) -> None:
        with ThreadPoolExecutor(THREADS) as slots:
            list(slots.map(lambda _: self._work(), range(THREADS)))

    def _work(self) -> None:
        while True:
            try:
                tasks = self._task_table.claim(limit=1, steal_after=0, only=None)
                for task in tasks:
                    self._task_table.settle_completed(task, rendition=rendition(task), report=Report())
                    if self._asks_once_more:
                        self._task_table.standing(task)
            except Unavailable:
                continue
            if not tasks:
                return

    def _server_seconds(self) -> dict[int, float]:
        """Of CPU, by the process of each of our connections; the kernel counts them in nanoseconds here."""
        found = {}
        for backend in psutil.Process(self._postgres.pid).children():
            # The server's other children come and go.
            with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                if self._database in " ".join(backend.cmdline()):
                    found[backend.pid] = int(Path(f"/proc/{backend.pid}/schedstat").read_text().split()[0]) / 1e9
        return found


@pytest.fixture
def untouched() -> Iterator[Mill]:
    """Beside each round the same on a server that nobody restarts: what the machine does to both cancels out."""
    with running_postgres() as postgres:
        mill = Mill(postgres)
        yield mill
        mill.engine.dispose()


def test_after_a_restart_of_the_database_throughput_returns_to_what_it_was(
    own_postgres: PostgresServer, untouched: Mill
) -> None:
    mill = Mill(own_postgres)
    before = statistics.median(shares(mill, untouched, rounds=ROUNDS))
    mill.fill()
    with ThreadPoolExecutor(1) as busy:
        emptied = busy.submit(mill.empty)
        own_postgres.restart("fast")
        emptied.result()
    after = shares(mill, untouched, rounds=ROUNDS)
    while statistics.median(after[-ROUNDS:]) < SHARE * before:
        assert len(after) < AT_MOST, f"{statistics.median(after) / before:.2f} of what it was"
        after += shares(mill, untouched, rounds=1)
    mill.engine.dispose()


def test_one_transaction_more_for_each_task_would_be_seen(own_postgres: PostgresServer, untouched: Mill) -> None:
    """The control: it keeps the share below what throughput must return to."""
    slower = Mill(own_postgres, asks_once_more=True)
    found = shares(slower, untouched, rounds=ROUNDS)
    slower.engine.dispose()
    assert statistics.median(found) < SHARE, found


def shares(mill: Mill, untouched: Mill, *, rounds: int) -> list[float]:
    """The mill's throughput in each round, as a share of the untouched one's right before."""
    found = []
    for _ in range(rounds):
        expected = untouched.throughput()
        found.append(mill.throughput() / expected)
    return found
