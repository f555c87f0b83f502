"""Writes the progress of attempts that somebody watches every two seconds, in a thread of its own."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.database import Database
from mediaproc.db.tasks.lease import Held
from mediaproc.db.tasks.watched_progress import write_watched_progress
from mediaproc.executor.running_attempt import RunningAttempt

# Seconds from one writing to the next.
WRITE_EVERY = 2.0


class WatchedProgress:
    """Asleep while nobody watches: it asks nothing, since each renewal of the leases tells which claims are watched.

    Nothing depends on it: what it does not write, the next heartbeat does.
    """

    def __init__(
        self, database: Database, *, running: Callable[[], Sequence[RunningAttempt]], log: FilteringBoundLogger
    ) -> None:
        self._database = database
        self._running = running
        self._log = log
        self._watched: frozenset[UUID] = frozenset()
        # What is in the database, as far as is known: nothing is written twice.
        self._written: Mapping[UUID, float] = MappingProxyType({})
        self._is_watched = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="watched-progress", daemon=True)

    def start(self) -> None:
        """Begin; nothing is watched yet."""
        self._thread.start()

    def end(self) -> None:
        """Write no more."""
        self._ended.set()
        self._is_watched.set()

    def watched(self, claim_tokens: Collection[UUID]) -> None:
        """These claims are watched now, and no others."""
        self._watched = frozenset(claim_tokens)
        if self._watched:
            self._is_watched.set()

    def _go_on(self) -> None:
        while True:
            self._is_watched.wait()
            if self._ended.wait(WRITE_EVERY):
                return
            if not self._watched:
                self._is_watched.clear()
                # A renewal may have told of some just before.
                if self._watched:
                    self._is_watched.set()
                continue
            self.write()

    def write(self) -> None:
        """Write what has changed, once; what is watched no more is known by the next renewal."""
        progress = {
            one.task.claim_token: Held(task_id=one.task.id, claim_token=one.task.claim_token, progress=one.progress)
            for one in self._running()
            if one.task.claim_token in self._watched and one.progress is not None and not one.is_settling
        }
        changed = [held for token, held in progress.items() if self._written.get(token) != held.progress]
        if not changed:
            return
        try:
            with self._database.single(waits_for_standby=False) as connection:
                written = write_watched_progress(connection, held=changed)
        except (Unavailable, PartMissing) as error:
            self._log.info("progress_not_written", reason=str(error))
            return
        kept = {token: value for token, value in self._written.items() if token in progress}
        self._written = kept | {
            held.claim_token: held.progress
            for held in changed
            if held.claim_token in written and held.progress is not None
        }
