"""The heartbeat renews the leases of what runs, carries its progress, and learns which claims are lost."""

import threading
from collections.abc import Callable, Sequence
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.stop_reason import StopReason
from mediaproc.db.database import Database
from mediaproc.db.tasks.lease import Held, Renewal, renew
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.executor.self_fence import trusted_until


class Heartbeat:
    """One thread that renews all leases in one statement, apart from the slots, which transcoding may starve."""

    def __init__(
        self,
        database: Database,
        *,
        lease: float,
        interval: float,
        running: Callable[[], Sequence[RunningAttempt]],
        sign_of_life: Callable[[], None],
        on_watched: Callable[[frozenset[UUID]], None] = lambda _: None,
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._lease = lease
        self._interval = interval
        self._running = running
        self._sign_of_life = sign_of_life
        self._on_watched = on_watched
        self._log = log
        self._ended = threading.Event()
        self._hurried = threading.Event()
        self._failures = 0
        # When its thread last began a beat or a wait for one, by `clock.elapsed`.
        self.seen_at: float | None = None
        self._waiting: frozenset[UUID] = frozenset()
        self._thread = threading.Thread(target=self._go_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin; the first beat is one interval away, a fresh claim has its whole lease."""
        self._thread.start()

    def end(self) -> None:
        """Begin no further beat; one that is under way goes on to its end."""
        self._ended.set()
        self._hurried.set()

    def join(self) -> None:
        """Wait until the last beat is over, however long the database keeps it waiting."""
        self._thread.join()

    def hurry(self) -> None:
        """Beat now instead of at the end of the interval."""
        self._hurried.set()

    def _go_on(self) -> None:
        while True:
            self.seen_at = clock.elapsed()
            # A renewal that failed, or whose row was locked, is asked for again sooner: there is a lease to save.
            self._hurried.wait(self._interval / 5 if self._failures or self._waiting else self._interval)
            if self._ended.is_set():
                return
            self._hurried.clear()
            self.beat()

    def beat(self) -> None:
        """Renew everything that runs, once, and give a sign of life."""
        held = self._running()
        asked_at = clock.elapsed()
        for one in held:
            one.renewal_asked(asked_at)
        try:
            renewal = self._renew(held)
        except (Unavailable, PartMissing) as error:
            self._failed(error, held=held)
            return
        # The renewals that were answered stand, whatever becomes of the sign of life.
        self._apply(renewal, held=held, asked_at=asked_at)
        try:
            self._sign_of_life()
        except (Unavailable, PartMissing) as error:
            self._failed(error, held=held)
            return
        if self._failures:
            self._log.info("heartbeat_recovered", after_failures=self._failures)
            self._failures = 0

    def _renew(self, running: Sequence[RunningAttempt]) -> Renewal:
        if not running:
            return Renewal(renewed=frozenset(), lost=frozenset())
        held = [Held(task_id=one.task.id, claim_token=one.task.claim_token, progress=one.progress) for one in running]
        with self._database.single(waits_for_standby=False) as connection:
            return renew(connection, held=held, lease=self._lease)

    def _apply(self, renewal: Renewal, *, held: Sequence[RunningAttempt], asked_at: float) -> None:
        waiting: set[UUID] = set()
        for one in held:
            token = one.task.claim_token
            if token in renewal.renewed:
                one.renewed(asked_at=asked_at, trusted_until=trusted_until(asked_at, lease=self._lease))
            elif one.is_settling:
                # Its settling may have moved the row already, or be about to.
                continue
            elif token in renewal.lost:
                one.tell_to_stop(StopReason.CLAIM_LOST)
            else:
                waiting.add(token)
                one.database_lost(clock.elapsed())
                if token not in self._waiting:
                    one.log.warning("renewal_waits", reason="Another session has locked the task's row.")
        self._waiting = frozenset(waiting)
        self._on_watched(renewal.watched)

    def _failed(self, error: Unavailable | PartMissing, *, held: Sequence[RunningAttempt]) -> None:
        self._failures += 1
        for one in held:
            one.database_lost(clock.elapsed())
        self._log.warning("heartbeat_failed", reason=str(error), running=len(held))
