"""One pass of the compensation job: fail what lost its lease, sweep what losers left."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.db import executor_registry
from mediaproc.db.database import Database
from mediaproc.db.reachability import Reachability
from mediaproc.db.tasks import sweep
from mediaproc.db.tasks.expired_leases import (
    LostClaim,
    fail_claims_of_dead,
    fail_expired_leases,
    holds_off,
    still_held_by,
)
from mediaproc.store.deletion import reason_kept
from mediaproc.store.interface import Store


class HoldOff(StrEnum):
    """Why a pass judges nobody: living executors could not renew, and shall before they are judged."""

    OUT_OF_REACH = "the database was out of reach less than a lease ago"
    STARTED = "the database was started less than a lease ago"


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one pass did; `held_off` when it judged nobody."""

    lost: tuple[LostClaim, ...] = ()
    swept: int = 0
    held_off: HoldOff | None = None


@dataclass(frozen=True, kw_only=True)
class Compensation:
    """Needs no leader: the statement is guarded, so that any number of executors may run it at the same time."""

    database: Database
    store: Store
    lease: float
    reachability: Reachability
    sweep_uploads: Callable[[], int]
    log: FilteringBoundLogger

    def run(self) -> Pass:
        """One pass.

        Raises:
            Unavailable, PartMissing: the database is away; the next pass will do. The store's absence only leaves
                the sweep to a later pass.
        """
        try:
            lost, held_off = self._compensate()
            self._tell(lost)
            swept = self._sweep_losers() + self._sweep_uploads()
            with self.database.write() as connection:
                executor_registry.delete_stale_executors(connection)
        except (Unavailable, PartMissing):
            self.reachability.note_loss()
            raise
        return Pass(lost=tuple(lost), swept=swept, held_off=held_off)

    def take_from_the_dead(self, dead: Collection[UUID]) -> frozenset[UUID]:
        """Fail at once what executors held that are proven dead; returns who holds something yet, locked by others.

        Raises:
            Unavailable, PartMissing: they hold what they held.
        """
        with self.database.write() as connection:
            lost = fail_claims_of_dead(connection, dead=dead)
            holding = still_held_by(connection, dead=dead)
        self._tell(lost)
        return holding

    def _compensate(self) -> tuple[Sequence[LostClaim], HoldOff | None]:
        """What lost its lease, and why nobody was judged when nobody was."""
        with self.database.write() as connection:
            # Asked with the connection in hand: that the database could not be reached may be news of just now.
            if self.reachability.lost_within(self.lease):
                return (), HoldOff.OUT_OF_REACH
            if holds_off(connection, hold_off=self.lease):
                return (), HoldOff.STARTED
            return fail_expired_leases(connection, hold_off=self.lease), None

    def _tell(self, lost: Sequence[LostClaim]) -> None:
        """Only of what is committed."""
        for claim in lost:
            self.log.warning(
                "compensated",
                task=claim.task_id,
                attempt=claim.attempt,
                lost_executor=str(claim.claimed_by),
                strikes=claim.fail_count,
            )

    def _sweep_losers(self) -> int:
        """How many objects were removed that no claim won with."""
        with self.database.read() as connection:
            outputs = sweep.losers_outputs(connection, bucket=self.store.bucket)
        removed = 0
        for output in outputs:
            try:
                kept = reason_kept(self.store, output.key)
            except Unavailable as error:
                self.log.warning("sweep_waits", reason=str(error))
                break
            # One object that stays keeps no other one: it is looked at again later.
            note = sweep.mark_swept if kept is None else sweep.postpone
            with self.database.write() as connection:
                note(connection, claim_token=output.claim_token)
            if kept is None:
                removed += 1
                self.log.info("swept", task=output.task_id, key=output.key)
            else:
                self.log.warning("sweep_left_one", task=output.task_id, reason=kept)
        return removed

    def _sweep_uploads(self) -> int:
        """How many uploads were removed that never ended."""
        try:
            return self.sweep_uploads()
        except Unavailable as error:
            if error.error_class is ErrorClass.DATABASE_UNAVAILABLE:
                raise
            self.log.warning("sweep_waits", reason=str(error))
            return 0


class Passes:
    """One pass after another; that they hold off is logged once, when it begins."""

    def __init__(self, compensation: Compensation, *, log: FilteringBoundLogger) -> None:
        self._compensation = compensation
        self._log = log
        self._held_off = False

    def run(self) -> None:
        """The next pass; raises as `Compensation.run` does."""
        held_off = self._compensation.run().held_off
        if held_off and not self._held_off:
            self._log.info("compensation_holds_off", reason=str(held_off), lease_seconds=self._compensation.lease)
        self._held_off = held_off is not None
