"""Notes what attempts are at in their rows, in a thread of its own: no encode waits for the database to begin."""

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.database import Connection, Database
from mediaproc.db.tasks.attempt_notes import note_encode, note_wait

_Note = Callable[[Connection], None]


class AttemptNotes:
    """Written in the order in which they come; a note is lost while the database is away.

    Little depends on one: should the executor die, its task gets a strike that it did not earn, or none that it did.
    """

    def __init__(self, database: Database, *, log: FilteringBoundLogger) -> None:
        self._database = database
        self._log = log
        self._notes: SimpleQueue[_Note | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._go_on, name="attempt-notes", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def end(self) -> None:
        """Write nothing that comes after this."""
        self._notes.put(None)

    def waits(self, claim_token: UUID) -> None:
        """The attempt waits for its first encode to begin."""
        self._notes.put(partial(note_wait, claim_token=claim_token))

    def encodes(self, claim_token: UUID, *, threads: int) -> None:
        """The attempt encodes with so many threads."""
        self._notes.put(partial(note_encode, claim_token=claim_token, threads=threads))

    def _go_on(self) -> None:
        while (note := self._notes.get()) is not None:
            try:
                with self._database.single(waits_for_standby=False) as connection:
                    note(connection)
            except (Unavailable, PartMissing) as error:
                self._log.info("note_lost", reason=str(error))
