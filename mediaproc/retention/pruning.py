"""One pass of the retention: what is older than the settings keep it goes."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import Event

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.db import audit, executor_registry
from mediaproc.db.database import Database
from mediaproc.db.retention import old_access, old_attempts, old_audit, old_deliveries
from mediaproc.db.retention.old_attempts import OldAttempt
from mediaproc.retention.batches import Batch, Batches
from mediaproc.retention.keep import Keep
from mediaproc.retention.old_history import LeftRenditions, OldHistory
from mediaproc.store.interface import Store

# Rows of a batch: some ten milliseconds, and where nothing of ten million rows is in memory a hundred.
_ROWS = 500


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """How many of each went; `history` counts tasks, each with its rendition.

    `credentials`: tokens, sessions, login links, and answers to requests that might have come again.
    """

    log_tails: int = 0
    attempts: int = 0
    audit: int = 0
    deliveries: int = 0
    executors: int = 0
    credentials: int = 0
    history: int = 0

    @property
    def rows(self) -> int:
        """All of them together."""
        return sum(asdict(self).values())


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """Needs no leader: any number of passes may run at once, and each leaves what another one has locked."""

    database: Database
    store: Store
    keep: Keep
    log: FilteringBoundLogger
    stop: Event = field(default_factory=Event)
    # Asked now and then: whether the pass is still this process's to make.
    may_go_on: Callable[[], bool] = lambda: True
    # Nobody asked for the pass: one that finds nothing leaves no line of audit.
    is_scheduled: bool = False

    def run(self, *, actor: str) -> Pruned:
        """One pass, or as much of it as was done before `stop` was set; it leaves one line of audit.

        Raises:
            Unavailable, PartMissing: the database; what was pruned before is pruned, and the next pass goes on. The
                store's absence only leaves the history to a later pass.
        """
        batches = Batches(stop=self.stop, may_go_on=self.may_go_on)
        pruned = Pruned(
            log_tails=batches.run(self._clear_log_tails),
            attempts=batches.run(self._delete_attempts),
            audit=batches.run(self._delete_audit),
            deliveries=batches.run(self._delete_deliveries),
            executors=self._delete_executors(),
            credentials=batches.run(self._delete_access),
            history=self._delete_history(batches),
        )
        if self.is_scheduled and not pruned.rows:
            return pruned
        with self.database.write() as connection:
            audit.record(connection, actor=actor, act="prune", selection="", count=pruned.rows)
        return pruned

    def _clear_log_tails(self, since: datetime | None) -> Batch[datetime]:
        with self.database.write(waits_for_standby=False) as connection:
            ends = old_attempts.clear_log_tails(connection, keep=self.keep.logs, limit=_ROWS, since=since)
        return Batch(done=len(ends), place=max(ends) if len(ends) == _ROWS else None)

    def _delete_attempts(self, after: OldAttempt | None) -> Batch[OldAttempt]:
        with self.database.write(waits_for_standby=False) as connection:
            began = old_attempts.old_attempts(connection, keep=self.keep.attempts, limit=_ROWS, after=after)
            done = old_attempts.delete_attempts(
                connection, keep=self.keep.attempts, claim_tokens=[each.claim_token for each in began]
            )
        return Batch(done=done, place=began[-1] if len(began) == _ROWS else None)

    def _delete_audit(self, _place: bool | None) -> Batch[bool]:  # noqa: FBT001 - no place: what was deleted is gone
        with self.database.write(waits_for_standby=False) as connection:
            done = old_audit.delete_audit(connection, keep=self.keep.audit, limit=_ROWS)
        return Batch(done=done, place=True if done == _ROWS else None)

    def _delete_deliveries(self, _place: bool | None) -> Batch[bool]:  # noqa: FBT001 - as above
        with self.database.write(waits_for_standby=False) as connection:
            done = old_deliveries.delete_old_deliveries(connection, older_than=self.keep.deliveries, limit=_ROWS)
        return Batch(done=done, place=True if done == _ROWS else None)

    def _delete_access(self, _place: bool | None) -> Batch[bool]:  # noqa: FBT001 - as above
        with self.database.write(waits_for_standby=False) as connection:
            done = old_access.delete_access(connection, keep_tokens=self.keep.audit, limit=_ROWS)
        return Batch(done=done, place=True if done >= _ROWS else None)

    def _delete_executors(self) -> int:
        with self.database.write() as connection:
            return executor_registry.delete_stale_executors(connection)

    def _delete_history(self, batches: Batches) -> int:
        try:
            batches.run(LeftRenditions(database=self.database, store=self.store, on_kept=self._tell_kept).remove)
            if self.keep.history is None:
                return 0
            old = OldHistory(database=self.database, store=self.store, keep=self.keep.history, on_kept=self._tell_kept)
            return batches.run(old.remove)
        except Unavailable as error:
            if error.error_class is ErrorClass.DATABASE_UNAVAILABLE:
                raise
            self.log.warning("prune_waits", reason=str(error))
            return 0

    def _tell_kept(self, sentence: str) -> None:
        self.log.warning("prune_left_one", reason=sentence)
