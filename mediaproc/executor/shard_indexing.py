"""Sees to it that the claims of this executor's shard total have an index, from its start on."""

import threading

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.shard import Shard
from mediaproc.db.database import Database
from mediaproc.db.tasks.shard_indexes import index_totals

_AGAIN_AFTER = 60.0


class ShardIndexing:
    """One thread, which ends once the index is there: to build it may take seconds. Nothing waits for it."""

    def __init__(self, database: Database, *, shard: Shard, log: FilteringBoundLogger) -> None:
        self._database = database
        self._shard = shard
        self._log = log
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="shard-indexing", daemon=True)

    def start(self) -> None:
        """Begin, where the claims of this total need more than the index that always is there."""
        if self._shard.total > 1 and not self._shard.is_auto:
            self._thread.start()

    def end(self) -> None:
        """Try no more."""
        self._ended.set()

    def _go_on(self) -> None:
        is_told = False
        while not self._ended.is_set() and not self._is_there():
            if not is_told:
                self._log.info("claims_without_index", shard_total=self._shard.total, next_try_after=_AGAIN_AFTER)
            is_told = True
            self._ended.wait(_AGAIN_AFTER)

    def _is_there(self) -> bool:
        try:
            with self._database.write(waits_for_standby=False) as connection:
                return index_totals(connection)
        except (Unavailable, PartMissing) as error:
            self._log.info("shard_index_not_made", reason=str(error))
            return False
