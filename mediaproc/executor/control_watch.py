"""Learns what a person changed of the site: which pauses are in force, and what became of the schedules."""

import threading
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.control import Control, read_control
from mediaproc.db.database import Database

# Seconds after which it is read again where nobody else has read it: a little more than from one pass of the
# compensation to the next, which reads it as well.
_READ_AFTER = 6.0
# For which an end waits for what is being read.
_END_PATIENCE = 2.0


class ControlWatch:
    """One thread, which calls `on_control` with what it reads, at a notification at once.

    With every notification lost it reads all the same, in a large fleet less often: `share` as of `PeerWatch`.
    """

    def __init__(
        self,
        database: Database,
        *,
        bucket: str,
        given_up_after: float,
        on_control: Callable[[Control], None],
        share: Callable[[], float],
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._bucket = bucket
        self._given_up_after = given_up_after
        self._on_control = on_control
        self._share = share
        self._log = log
        self._lock = threading.Lock()
        self._found: Control | None = None
        self._is_told = False
        self._latest: Control | None = None
        self._news = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="control-watch", daemon=True)

    def start(self) -> None:
        """Read it once, so that what is paused does not even begin, and go on in a thread."""
        self._apply(self._read())
        self._thread.start()

    def end(self) -> None:
        """Read it no more, and wait until the connection is given back, where that takes a moment only."""
        self._ended.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=_END_PATIENCE)

    def told(self) -> None:
        """A notification says that something was changed."""
        with self._lock:
            self._is_told = True
        self._news.set()

    def found(self, control: Control) -> None:
        """Another statement has read it."""
        with self._lock:
            self._found = control
        self._news.set()

    def _go_on(self) -> None:
        read_at = clock.elapsed()
        while True:
            self._news.wait(max(0.0, read_at + _READ_AFTER / self._share() - clock.elapsed()))
            if self._ended.is_set():
                return
            self._news.clear()
            with self._lock:
                # What was found may be older than what the notification tells of.
                found = None if self._is_told else self._found
                self._found, self._is_told = None, False
            read_at = clock.elapsed()
            self._apply(found or self._read())

    def _read(self) -> Control | None:
        try:
            with self._database.single(waits_for_standby=False) as connection:
                return read_control(connection, bucket=self._bucket, given_up_after=self._given_up_after)
        except (Unavailable, PartMissing) as error:
            self._log.info("control_not_read", reason=str(error))
            return None

    def _apply(self, control: Control | None) -> None:
        latest = self._latest
        # Two threads read; after a failover the clock may be another one, however far back.
        if control is None or (latest is not None and latest.now - _READ_AFTER < control.now < latest.now):
            return
        self._latest = control
        self._on_control(control)
