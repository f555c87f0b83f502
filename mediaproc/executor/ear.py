"""The ear of an executor: wakes it for its due tasks, and notices at once when another one has died."""

import threading
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Engine
from structlog.typing import FilteringBoundLogger

from mediaproc import clock, jitter
from mediaproc.core.deathwatch import Deathwatch
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.shard import Shard
from mediaproc.db.listener import Listener

_LOOK_EVERY = 1.0
_LONGEST_PAUSE = 5.0


class Ear:
    """Two threads: one hears and looks, one wakes the executor; what comes while it is awake wakes it once more.

    Nothing depends on it: with every word lost, the tick finds the same tasks and the lease the same deaths.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        executor_id: UUID,
        shard: Shard,
        lease: float,
        on_due: Callable[[], None],
        on_dead: Callable[[frozenset[UUID]], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._engine = engine
        self._executor_id = executor_id
        self._shard = shard
        self._on_due = on_due
        self._on_dead = on_dead
        self._log = log
        self._watch = Deathwatch(hold_off=lease)
        self._ended = threading.Event()
        self._due = threading.Event()
        self._threads = [
            threading.Thread(target=self._listen, name="ear", daemon=True),
            threading.Thread(target=self._wake, name="waker", daemon=True),
        ]

    def start(self) -> None:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Listen no more; the executor's lock goes within a second."""
        self._ended.set()
        self._due.set()

    def _listen(self) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            try:
                with Listener(self._engine, executor_id=self._executor_id) as listener:
                    pause = 0.0
                    self._log.info("listening")
                    # What was said while nobody listened is not said again.
                    self._due.set()
                    self._hear_and_look(listener)
            except (Unavailable, PartMissing) as error:
                self._watch = self._watch.connection_lost(clock.elapsed())
                self._log.warning("listener_lost", reason=str(error))
                # The first new try is made at once: until then this executor passes for dead.
                pause = min(_LONGEST_PAUSE, max(0.2, pause * 2) * (0.5 + jitter.roll()))

    def _hear_and_look(self, listener: Listener) -> None:
        next_look = clock.elapsed()
        while not self._ended.is_set():
            now = clock.elapsed()
            if now >= next_look:
                self._look(listener, now=now)
                next_look = now + _LOOK_EVERY
            if any(map(self._shard.owns, listener.hear(seconds=max(0.0, next_look - clock.elapsed())))):
                self._due.set()

    def _look(self, listener: Listener, *, now: float) -> None:
        self._watch, dead = self._watch.look(now, sightings=listener.look())
        if dead:
            self._log.warning("executors_died", executors=", ".join(sorted(map(str, dead))))
            self._on_dead(dead)

    def _wake(self) -> None:
        while self._due.wait() and not self._ended.is_set():
            self._due.clear()
            self._on_due()
