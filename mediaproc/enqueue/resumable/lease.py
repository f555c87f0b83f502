"""The right to work on an upload: one writer's at a time, renewed while it works."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.db import resumable_uploads
from mediaproc.db.database import Database

# Seconds without a renewal after which another writer may take over, and from one renewal to the next. To lose it does
# no harm, since each write is fenced by its token; it is short, so that nobody waits long for a server that died.
LEASE = 15.0
RENEW_EVERY = 5.0


@contextmanager
def renewed(database: Database, *, upload_id: str, writer: UUID, stop: threading.Event) -> Iterator[None]:
    """Renew the writer's lease during the block; `stop` is set where another one has taken over."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(RENEW_EVERY):
            # A database that is away for a moment takes nobody's right.
            with suppress(Unavailable, PartMissing), database.write() as connection:
                if not resumable_uploads.keep_writing(connection, upload_id=upload_id, writer=writer, lease=LEASE):
                    stop.set()
                    return

    renewing = run_in_daemon_thread(renew, name="upload-lease")
    try:
        yield
    finally:
        ended.set()
        renewing.result()
