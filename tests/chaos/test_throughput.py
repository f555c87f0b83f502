"""After a restart of PostgreSQL throughput is what it was: every slot works again, and no claim is slower."""

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
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import claim_due
from mediaproc.db.tasks.claim_standing import standing
from mediaproc.db.tasks.operator_acts import cancel
from mediaproc.db.tasks.settle import settle_completed
from tests.db.task_rows import add_tasks, claimant, rendition
from tests.parts.clips import Clips
from tests.parts.executors import executors
from tests.parts.postgres import PostgresServer, running_postgres
from tests.parts.site import FragileSite
from tests.parts.waiting import until

pytestmark = pytest.mark.timeout(900)

EXECUTORS, SLOTS = 2, 2
# The least share of its throughput that it must return to.
SHARE = 0.95
# Throughput is the median of so many rounds, each with so many claims and settles in so many threads.
ROUNDS, CYCLES, THREADS = 9, 40, 2
# The number of rounds within which it must return.
AT_MOST = 4 * ROUNDS

# An ffmpeg that holds its slot until it is ended, and uses no CPU.
_FFMPEG = '#!/bin/sh\ncase "$*" in *libx264*) exec tail -f /dev/null ;; esac\nexec /usr/bin/env ffmpeg "$@"\n'

# The attempts that have a slot.
_ENCODING = "SELECT executor_id, task_id FROM media_process_attempt WHERE outcome IS NULL AND threads IS NOT NULL"


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

    def encoding() -> tuple[Counter[object], set[int]]:
        """How many encodes each executor has, and of which tasks."""
        attempts = site.rows(_ENCODING)
        return Counter(one["executor_id"] for one in attempts), {one["task_id"] for one in attempts}

    with executors(*["0/1"] * EXECUTORS, settings=settings, arguments=()) as running:
        # An executor that has claimed ahead gives back to the other, which is idle.
        before = until(lambda: found if list((found := encoding()[0]).values()) == [SLOTS] * EXECUTORS else None)
        for one in running:
            one.wait_for(event="listening")
        site.engine.dispose()
        fragile.postgres.restart(mode)
        second = site.enqueue(clips.make_many(EXECUTORS * SLOTS, seconds=0.4, first_seed=61_100))
        with site.engine.begin() as connection:
            assert all(cancel(connection, ids=[task]) for task in first)
        until(lambda: encoding() == (before, set(second)))
        assert set(site.rows_of("SELECT fail_count FROM media_process")) == {0}


class LoadGenerator:
    """Claims and settles made-up tasks by the product's statements over one connection pool, as an executor does."""

    def __init__(self, postgres: PostgresServer, *, asks_once_more: bool = False) -> None:
        self._postgres = postgres
        # Autovacuum runs once a minute, and would slow down either server by chance.
        postgres.execute("ALTER SYSTEM SET autovacuum = off")
        postgres.execute("SELECT pg_reload_conf()")
        self._database = postgres.create_database()
        self.engine = database.connect(postgres.url(self._database))
        self._product = Database(self.engine)
        self._claimant = claimant()
        self._asks_once_more = asks_once_more
        self._names = itertools.count()

    def fill(self) -> None:
        add_tasks(self.engine, count=CYCLES, name=f"round-{next(self._names)}")

    def throughput(self) -> float:
        """Tasks per second of CPU in one round, of this process and the server: the limit when every slot works.

        Wall-clock seconds would depend on what else the machine does.
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
                with self._product.write(waits_for_standby=False) as connection:
                    tasks = claim_due(connection, claimant=self._claimant, limit=1)
                for task in tasks:
                    self._settle(task)
            except Unavailable:
                continue
            if not tasks:
                return

    def _settle(self, task: ClaimedTask) -> None:
        with self._product.write() as connection:
            settle_completed(
                connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=Report()
            )
        if self._asks_once_more:
            with self._product.read() as connection:
                standing(connection, task_id=task.id, claim_token=task.claim_token)

    def _server_seconds(self) -> dict[int, float]:
        """Seconds of CPU by the backend of each of our connections; the kernel counts them in nanoseconds."""
        found = {}
        for backend in psutil.Process(self._postgres.pid).children():
            # The server's other children come and go.
            with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                if self._database in " ".join(backend.cmdline()):
                    found[backend.pid] = int(Path(f"/proc/{backend.pid}/schedstat").read_text().split()[0]) / 1e9
        return found


@pytest.fixture
def untouched() -> Iterator[LoadGenerator]:
    """The same load on a server that is not restarted: whatever else the machine does slows down both."""
    with running_postgres() as postgres:
        load = LoadGenerator(postgres)
        yield load
        load.engine.dispose()


def test_after_a_restart_of_the_database_throughput_returns_to_what_it_was(
    own_postgres: PostgresServer, untouched: LoadGenerator
) -> None:
    load = LoadGenerator(own_postgres)
    before = statistics.median(shares(load, untouched, rounds=ROUNDS))
    load.fill()
    with ThreadPoolExecutor(1) as busy:
        emptied = busy.submit(load.empty)
        own_postgres.restart("fast")
        emptied.result()
    after = shares(load, untouched, rounds=ROUNDS)
    while statistics.median(after[-ROUNDS:]) < SHARE * before:
        assert len(after) < AT_MOST, f"{statistics.median(after) / before:.2f} of what it was"
        after += shares(load, untouched, rounds=1)
    load.engine.dispose()


def test_one_transaction_more_for_each_task_would_be_seen(
    own_postgres: PostgresServer, untouched: LoadGenerator
) -> None:
    """The control: it keeps the share below what throughput must return to."""
    slower = LoadGenerator(own_postgres, asks_once_more=True)
    found = shares(slower, untouched, rounds=ROUNDS)
    slower.engine.dispose()
    assert statistics.median(found) < SHARE, found


def shares(load: LoadGenerator, untouched: LoadGenerator, *, rounds: int) -> list[float]:
    """The throughput in each round, as a share of the untouched server's right before."""
    found = []
    for _ in range(rounds):
        expected = untouched.throughput()
        found.append(load.throughput() / expected)
    return found
