"""The server, the database and the fleet of one run, and the windows of time in which they are measured."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from mediaproc.db import engine as database
from tests.fleet.fleet import Fleet, Told, fleet
from tests.fleet.server import fleet_postgres
from tests.fleet.tasks import add_waiting
from tests.fleet.usage import Moment, Observer
from tests.parts.postgres import PostgresServer

_BUSY = "SELECT count(*) FROM media_process WHERE status = 'processing'"
_WAITING = "SELECT count(*) FROM media_process WHERE status = 'pending'"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large a run is; seconds, counts."""

    executors: int
    slots: int
    waiting: int
    burst: int
    lengths: tuple[float, ...]
    settle_down: float
    window: float
    snapshot: float


@dataclass(frozen=True, kw_only=True)
class Window:
    """What happened between two moments."""

    begun: Moment
    ended: Moment
    told: Told
    # CPU seconds of the executors themselves.
    own_cpu: float
    waits: Counter[str]
    samples: int
    connections: int

    @property
    def seconds(self) -> float:
        return self.ended.at - self.begun.at

    @property
    def cpu(self) -> float:
        """CPU seconds of the database."""
        return self.ended.cpu - self.begun.cpu

    @property
    def cores(self) -> float:
        return self.cpu / self.seconds

    @property
    def statements(self) -> int:
        return self.ended.statements - self.begun.statements

    @property
    def wal(self) -> int:
        return self.ended.wal - self.begun.wal

    def written(self, table: str, column: str = "written") -> int:
        """How many rows of the table were written (or what another counter of it says)."""
        before, after = (moment.tables.get(table, {}).get(column, 0) for moment in (self.begun, self.ended))
        return after - before

    @property
    def settled(self) -> int:
        return self.ended.settled - self.begun.settled

    def percentile(self, name: str, percent: int) -> float | None:
        """Milliseconds of the calls of this name, as their executors saw them."""
        seconds = self.told.seconds.get(name, [])
        return 1000 * statistics.quantiles(seconds, n=100)[percent - 1] if len(seconds) > 1 else None


@dataclass
class Site:
    """One server with a database of its own, and the fleet that works there now."""

    server: PostgresServer
    name: str
    engine: Engine
    observer: Observer
    scale: Scale
    # Cores of the database that the fleet takes without any task; None before that is measured.
    idle_cores: float | None = None
    _fleet: Fleet | None = None
    _ends: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def fleet(self) -> Fleet:
        """The fleet, connected to the server itself; started if it is not."""
        if self._fleet is None:
            self._fleet = self._ends.enter_context(
                fleet(self.url, engine=self.engine, executors=self.scale.executors, slots=self.scale.slots)
            )
            self._fleet.start()
        return self._fleet

    def end_fleet(self) -> None:
        """Let all executors release what they work on, and end."""
        if self._fleet is not None:
            self._fleet.stop()
            self._fleet = None
            self._ends.close()

    def wait(self, seconds: float) -> None:
        """Let the fleet work, and look each second what its connections wait for."""
        ended = time.monotonic() + seconds
        pause = threading.Event()
        while (left := ended - time.monotonic()) > 0:
            pause.wait(min(1.0, left))
            self.observer.sample()

    @contextmanager
    def measured(self, *, who: Fleet | None = None) -> Iterator[list[Window]]:
        """What the block costs: one window, there at its end; what executors told before is forgotten."""
        own_cpu = who.told().cpu if who is not None else 0.0
        self.observer.forget()
        windows: list[Window] = []
        begun = self.observer.moment(at=time.monotonic())
        yield windows
        ended = self.observer.moment(at=time.monotonic())
        told = who.told() if who is not None else Told()
        windows.append(
            Window(
                begun=begun,
                ended=ended,
                told=told,
                own_cpu=told.cpu - own_cpu,
                waits=self.observer.waits,
                samples=self.observer.samples,
                connections=self.observer.most_connections,
            )
        )

    def window(self, seconds: float, *, who: Fleet | None = None) -> Window:
        """The next so many seconds."""
        with self.measured(who=who) as windows:
            self.wait(seconds)
        return windows[0]

    def fill(self) -> None:
        """Top up the tasks that wait."""
        missing = self.scale.waiting - self.count_waiting()
        if missing > 0:
            add_waiting(self.engine, count=missing, lengths=self.scale.lengths, name=f"waiting {time.monotonic()} ")

    def count_waiting(self) -> int:
        return self._count(_WAITING)

    def count_busy(self) -> int:
        return self._count(_BUSY)

    def until_busy(self, *, part: float = 0.98, timeout: float = 120.0) -> float:
        """Seconds until so many of the slots work."""
        begun = time.monotonic()
        wanted = part * self.scale.executors * self.scale.slots
        pause = threading.Event()
        while self.count_busy() < wanted and time.monotonic() - begun < timeout:
            pause.wait(0.25)
        return time.monotonic() - begun

    def _count(self, statement: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(text(statement)) or 0)


@contextmanager
def running_site(scale: Scale) -> Iterator[Site]:
    """A server with an empty database; no executor runs yet."""
    # As many as executors make at once, and some for those who look; a page of memory for each only when it is used.
    most = scale.executors * (scale.slots + 5) + 100
    with fleet_postgres(settings={"max_connections": str(most)}) as server:
        name = server.create_database()
        engine = database.connect(server.url(name), application_name="fleet", has_statement_timeout=False)
        observer = Observer(server, name=name)
        site = Site(server=server, name=name, engine=engine, observer=observer, scale=scale)
        try:
            yield site
        finally:
            site._ends.close()  # noqa: SLF001 - its own
            observer.close()
            engine.dispose()
