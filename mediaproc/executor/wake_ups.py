"""The ear of an executor: wakes it for its due tasks, and notices at once when another one has died."""

import threading
from collections.abc import Callable
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, randomness
from mediaproc.core import backoff
from mediaproc.core.backoff import LISTENER
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.failure_detector import GRACE, FailureDetector
from mediaproc.core.shard import Shard
from mediaproc.db.database import Database
from mediaproc.db.listener import Listener
from mediaproc.db.pooler import SharedSession

_LOOK_EVERY = 1.0


class Ear:
    """Three threads: one hears and looks, one wakes the executor, one tells when it hears nothing.

    Nothing depends on it: with every word lost, the tick finds the same tasks and the lease the same deaths.
    `on_due` returns whether it claimed anything, `on_dead` of whom there is still something to take. `on_deaf` is
    called at once when the connection is lost, each second until the executor's lock is back, and then once more: until
    then others take the executor for dead unless it shows that it lives.
    """

    def __init__(
        self,
        database: Database,
        *,
        executor_id: UUID,
        shard: Shard,
        lease: float,
        on_due: Callable[[], bool],
        on_dead: Callable[[frozenset[UUID]], frozenset[UUID]],
        on_deaf: Callable[[], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._executor_id = executor_id
        self._shard = shard
        self._on_due = on_due
        self._on_dead = on_dead
        self._on_deaf = on_deaf
        self._log = log
        self._watch = FailureDetector(hold_off=lease)
        self._unburied: frozenset[UUID] = frozenset()
        self._failures = 0
        self._ended = threading.Event()
        self._due = threading.Event()
        self._is_deaf = False
        self._threads = [
            threading.Thread(target=self._listen, name="ear", daemon=True),
            threading.Thread(target=self._wake, name="waker", daemon=True),
            threading.Thread(target=self._tell_when_deaf, name="deaf", daemon=True),
        ]

    def start(self) -> None:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Listen no more, and wait until the connection is closed and its lock gone, where that takes a moment only."""
        self._ended.set()
        self._due.set()
        self._threads[0].join(timeout=2 * _LOOK_EVERY)

    def _listen(self) -> None:
        while not self._ended.wait(LISTENER.delay(self._failures, jitter=randomness.random_fraction())):
            try:
                with Listener(self._database, executor_id=self._executor_id) as listener:
                    self._log.info("listening", has_lock=listener.has_lock)
                    # What was said while nobody listened is not said again.
                    self._due.set()
                    self._hear_and_look(listener)
            except SharedSession as error:
                self._give_up(error)
                return
            except (Unavailable, PartMissing) as error:
                self._is_deaf = True
                self._on_deaf()
                self._failures += 1
                self._watch = self._watch.connection_lost(clock.elapsed())
                self._log.warning("listener_lost", reason=str(error))

    def _hear_and_look(self, listener: Listener) -> None:
        next_look = opened_at = clock.elapsed()
        while not self._ended.is_set():
            now = clock.elapsed()
            if now >= next_look:
                self._look(listener, now=now)
                next_look = now + _LOOK_EVERY
                if now - opened_at >= _LOOK_EVERY:
                    # Only now: a connection that is cut as soon as it is made shall not be tried without a pause.
                    self._failures = 0
            if any(map(self._shard.owns, listener.hear(seconds=max(0.0, next_look - clock.elapsed())))):
                self._due.set()

    def _look(self, listener: Listener, *, now: float) -> None:
        listener.take_lock()
        if listener.has_lock and self._is_deaf:
            self._is_deaf = False
            self._on_deaf()
        self._watch, dead = self._watch.look(now, sightings=listener.look())
        if dead - self._unburied:
            self._log.warning("executors_died", executors=", ".join(sorted(map(str, dead - self._unburied))))
        self._unburied = self._on_dead(dead) if dead else frozenset()
        self._watch = self._watch.bury(dead - self._unburied)

    def _give_up(self, error: SharedSession) -> None:
        """Ticks and leases alone decide from here on: nobody is judged, and who has no lock is judged by nobody."""
        self._log.warning("not_listening", reason=str(error), consequence="ticks find the tasks, leases the deaths")
        # It may have had a lock until now, by a session that it only seemed to have.
        self._is_deaf = True
        self._ended.wait(2 * GRACE)
        self._is_deaf = False

    def _tell_when_deaf(self) -> None:
        while not self._ended.wait(_LOOK_EVERY):
            if self._is_deaf:
                self._on_deaf()

    def _wake(self) -> None:
        in_vain = 0
        while self._due.wait() and not self._ended.is_set():
            self._due.clear()
            if self._on_due():
                in_vain = 0
                continue
            self._ended.wait(backoff.WAKE_UP.ceiling(in_vain))
            in_vain = in_vain + 1 if self._due.is_set() else 0
