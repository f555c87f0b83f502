"""Keeps an executor's listener connected: hears of due tasks, sees the other executors, shows that this one lives."""

import os
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, randomness
from mediaproc.core.backoff import LISTENER
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.failure_detector import GRACE, LOOK_AGAIN, LOOK_EVERY
from mediaproc.db.database import Database
from mediaproc.db.listener import Heard, Listener
from mediaproc.db.pooler import SharedSession
from mediaproc.executor.current_shard import CurrentShard
from mediaproc.executor.peer_watch import PeerWatch
from mediaproc.executor.wake_ups import WakeUps

# The thread that holds the listener's connection.
THREAD_NAME = "listening"

# Seconds between two signs of life without the lock: several of them in the grace.
_TELL_EVERY = GRACE / 3
# For which an end waits for the connection to close.
_END_PATIENCE = 2.0


@dataclass(frozen=True, kw_only=True)
class Callbacks:
    """Who is told of what: the executor's lock is lost or back; tasks are wanted elsewhere; a message is to be sent.

    `on_control`: a pause or a schedule was changed, or may have been. `on_ended`: a person has ended or
    watches these claims.
    """

    on_lock_lost: Callable[[], None]
    on_wanted: Callable[[Collection[int]], None]
    on_message: Callable[[], None] = lambda: None
    on_control: Callable[[], None] = lambda: None
    on_ended: Callable[[Collection[UUID]], None] = lambda _: None


class Listening:
    """Two threads: one listens and looks, one tells that the executor's lock is gone.

    Without its lock an executor passes for dead unless it shows otherwise that it lives. So `lock_lost` is called at
    once when the connection is lost, several times in each grace until the lock is back, and then once more.
    """

    def __init__(
        self,
        database: Database,
        *,
        executor_id: UUID,
        shard: CurrentShard,
        wake_ups: WakeUps,
        peer_watch: PeerWatch,
        callbacks: Callbacks,
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._executor_id = executor_id
        self._shard = shard
        self._wake_ups = wake_ups
        self._peer_watch = peer_watch
        self._callbacks = callbacks
        self._log = log
        self._failures = 0
        self._ended = threading.Event()
        # Ends the wait for the next notification: its closing end is closed when `_ended` is set.
        self._ending, self._closing = os.pipe()
        self._has_lost_lock = False
        self._threads = [
            threading.Thread(target=self._listen, name=THREAD_NAME, daemon=True),
            threading.Thread(target=self._tell_while_lock_is_lost, name="lock-lost", daemon=True),
        ]

    def start(self) -> None:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Listen no more, and wait until the connection is closed and its lock gone, where that takes a moment only."""
        self._ended.set()
        os.close(self._closing)
        self._threads[0].join(timeout=_END_PATIENCE)
        if not self._threads[0].is_alive():
            os.close(self._ending)

    def _listen(self) -> None:
        while not self._ended.wait(LISTENER.delay(self._failures, jitter=randomness.random_fraction())):
            try:
                with self._listener() as listener:
                    self._log.info("listening", has_lock=listener.has_lock)
                    # A notification that was sent while nobody listened is not sent again.
                    self._wake_ups.wake()
                    self._callbacks.on_control()
                    self._hear_and_look(listener)
            except SharedSession as error:
                self._give_up(error)
                return
            except (Unavailable, PartMissing) as error:
                self._has_lost_lock = True
                self._callbacks.on_lock_lost()
                self._failures += 1
                self._peer_watch.connection_lost()
                self._log.warning("listener_lost", reason=str(error))

    def _listener(self) -> Listener:
        return Listener(self._database, executor_id=self._executor_id, counts_shard=self._shard.now.is_auto)

    def _hear_and_look(self, listener: Listener) -> None:
        next_look = opened_at = clock.elapsed()
        while not self._ended.is_set():
            now = clock.elapsed()
            if now >= next_look:
                self._look(listener)
                next_look = now + self._until_next_look(listener)
                if now - opened_at >= LOOK_EVERY:
                    # Only now: a connection that is cut as soon as it is made shall not be tried without a wait.
                    self._failures = 0
            heard = listener.hear(seconds=max(0.0, next_look - clock.elapsed()), or_until=self._ending)
            if heard.missing:
                self._peer_watch.told(heard.missing)
                # All are told at the same moment, and none needs to look at exactly that.
                next_look = min(next_look, clock.elapsed() + LOOK_AGAIN * randomness.random_fraction())
            self._tell(heard)

    def _tell(self, heard: Heard) -> None:
        if heard.ended:
            self._callbacks.on_ended(heard.ended)
        if heard.any_due:
            self._wake_ups.wake()
        self._wake_ups.notified(heard.due)
        if heard.wanted:
            self._callbacks.on_wanted(heard.wanted)
        if heard.has_message:
            self._callbacks.on_message()
        if heard.control:
            self._callbacks.on_control()

    def _until_next_look(self, listener: Listener) -> float:
        if self._peer_watch.has_suspects:
            return LOOK_AGAIN
        # Without the own lock each look tries to take it.
        return self._peer_watch.look_every if listener.has_lock else LOOK_EVERY

    def _look(self, listener: Listener) -> None:
        listener.take_lock()
        if listener.has_lock and self._has_lost_lock:
            self._has_lost_lock = False
            self._callbacks.on_lock_lost()
        listener.require_own_lock()
        self._peer_watch.look(listener)
        if listener.counted_shard is not None:
            self._shard.counted(listener.counted_shard)

    def _give_up(self, error: SharedSession) -> None:
        """From here on ticks and leases alone decide: this executor judges no other one, and no other one judges it."""
        self._log.warning("not_listening", reason=str(error), consequence="ticks find the tasks, leases the deaths")
        # It may have had a lock until now, by a session that it only seemed to have.
        self._has_lost_lock = True
        self._ended.wait(2 * GRACE)
        self._has_lost_lock = False

    def _tell_while_lock_is_lost(self) -> None:
        while not self._ended.wait(_TELL_EVERY):
            if self._has_lost_lock:
                self._callbacks.on_lock_lost()
