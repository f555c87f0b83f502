"""The threads in which a server finishes uploads: those that it received, and those that other servers left."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db import resumable_uploads
from mediaproc.db.database import Database
from mediaproc.enqueue.resumable.finishing import Finishing
from mediaproc.enqueue.resumable.workplace import LazyWorkplace, Workplace
from mediaproc.store.interface import Store

# Uploads that one server puts together and probes at a time.
_AT_ONCE = 2
# Seconds from one look for uploads that another server left to the next.
_LOOK_EVERY = 60.0


class FinishingThreads:
    """Finishes each upload once at a time, until `stop` is set; thread-safe."""

    def __init__(
        self,
        *,
        database: Database,
        store: Store,
        workplace: LazyWorkplace,
        stop: threading.Event,
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._store = store
        self._workplace = workplace
        self._stop = stop
        self._log = log
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="upload-finish")
        self._begun: set[str] = set()

    def finish(self, upload_id: str) -> None:
        """Have a received upload enqueued, soon.

        Raises:
            Unavailable, PartMissing: as `LazyWorkplace.get`, before anything is begun.
        """
        workplace = self._workplace.get()
        with self._lock:
            if upload_id not in self._begun and not self._stop.is_set():
                self._begun.add(upload_id)
                self._threads.submit(self._finish, upload_id, workplace)

    def take_up(self) -> None:
        """Have enqueued what other servers left; raises as `finish`, or when the database is away."""
        with self._database.read() as connection:
            unended = resumable_uploads.unended(connection, bucket=self._store.bucket)
        for upload_id in unended:
            self.finish(upload_id)

    def keep_taking_up(self) -> None:
        """`take_up`, now and from time to time, until `stop` is set: the body of a thread."""
        while not self._stop.is_set():
            with suppress(Unavailable, PartMissing):
                self.take_up()
            self._stop.wait(_LOOK_EVERY)

    def close(self) -> None:
        """Wait for what runs, after `stop` was set."""
        # Whoever has the lock saw no stop, and may still begin an upload.
        with self._lock:
            self._threads.shutdown(wait=False, cancel_futures=True)
        self._threads.shutdown()

    def _finish(self, upload_id: str, workplace: Workplace) -> None:
        try:
            Finishing(
                database=self._database,
                store=self._store,
                enqueuer=workplace.enqueuer,
                room=workplace.room,
                stop=self._stop,
            ).finish(upload_id)
        except (Unavailable, PartMissing) as error:
            self._log.warning("upload_waits", upload=upload_id, reason=str(error))
        except Exception:  # noqa: BLE001 - a bug, which is logged and leaves the others' uploads alone
            self._log.exception("upload_failed", upload=upload_id)
        finally:
            with self._lock:
                self._begun.discard(upload_id)
