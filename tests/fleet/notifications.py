"""What one NOTIFY costs the database, by how many connections listen: PostgreSQL wakes each of them for each."""

import selectors
import time
from contextlib import ExitStack

import psycopg

from tests.fleet.report import Figure, heading, show
from tests.fleet.site import Site
from tests.fleet.usage import cpu_seconds

_SENT = 100
# Seconds between two of them: each has woken all listeners before the next one comes.
_APART = 0.04


def notifications(site: Site) -> None:
    """Bare connections that LISTEN, and one that notifies a channel that none of them has asked for."""
    heading("notifications", "CPU of the database for one committed NOTIFY, by how many connections listen")
    with ExitStack() as opened:
        sender = opened.enter_context(psycopg.connect(site.url, autocommit=True))
        ears = _Listeners(site.url, opened=opened)
        for count in sorted({0, site.scale.executors // 10, site.scale.executors}):
            ears.be(count)
            nothing = _cost(site, sender, ears, statement="SELECT pg_backend_pid()")
            foreign = _cost(site, sender, ears, statement="SELECT pg_notify('fleet_foreign', '1')")
            own = _cost(site, sender, ears, statement="SELECT pg_notify('fleet', '1')")
            show([
                Figure(name=f"{count:,} listen: a statement that notifies nobody, ms", value=f"{nothing:.3f}"),
                Figure(name=f"{count:,} listen: to a channel that none listens to, ms", value=f"{foreign:.3f}"),
                Figure(name=f"{count:,} listen: to the channel of all, ms", value=f"{own:.3f}"),
            ])  # fmt: skip


class _Listeners:
    """So many connections that listen, and read what comes."""

    def __init__(self, url: str, *, opened: ExitStack) -> None:
        self._url = url
        self._opened = opened
        self._selector = selectors.DefaultSelector()
        self._count = 0

    def be(self, count: int) -> None:
        """Let there be at least so many."""
        for _ in range(self._count, count):
            connection = self._opened.enter_context(psycopg.connect(self._url, autocommit=True))
            connection.execute("LISTEN fleet")
            self._selector.register(connection.fileno(), selectors.EVENT_READ, connection)
        self._count = count
        self.read(seconds=1.0)

    def read(self, *, seconds: float) -> None:
        """Read what comes in the next seconds."""
        ended = time.monotonic() + seconds
        while (left := ended - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                connection: psycopg.Connection[tuple[object, ...]] = key.data
                connection.pgconn.consume_input()
                while connection.pgconn.notifies():
                    pass


def _cost(site: Site, sender: psycopg.Connection[tuple[object, ...]], ears: _Listeners, *, statement: str) -> float:
    """Milliseconds for each."""
    begun = cpu_seconds(site.server.pid)
    for _ in range(_SENT):
        sender.execute(statement.encode())
        ears.read(seconds=_APART)
    ears.read(seconds=0.5)
    return 1000 * (cpu_seconds(site.server.pid) - begun) / _SENT
