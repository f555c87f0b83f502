"""Fails the tasks whose lease ran out, and sweeps the objects that lost claims left: two jobs, or one whole pass."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import randomness
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.hold_off import HoldOff, hold_off
from mediaproc.db import executor_registry, pauses
from mediaproc.db.compensation_due import CompensationDue, compensation_due
from mediaproc.db.control import Control
from mediaproc.db.database import Database
from mediaproc.db.reachability import Reachability
from mediaproc.db.tasks import sweep
from mediaproc.db.tasks.expired_leases import (
    LostClaim,
    fail_claims_of_dead,
    fail_expired_leases,
    still_held_by,
)
from mediaproc.store.deletion import reason_kept
from mediaproc.store.interface import Store


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one pass did; `held_off` when it failed no task and why."""

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
    # Seconds without a sign of life after which `sweep_uploads` removes an upload.
    uploads_given_up_after: float
    log: FilteringBoundLogger
    # Is told the pauses and schedules that each pass reads as well.
    on_control: Callable[[Control], None] = lambda _control: None

    def run(self) -> Pass:
        """One whole pass: what executors do by two schedules, for an outside cron.

        Raises:
            Unavailable, PartMissing: the database is away; the next pass will do. The store's absence only leaves
                the sweep to a later pass.
        """
        with self._noting_loss():
            due = self._due()
            lost, held_off = self._compensate(due)
            return Pass(lost=tuple(lost), swept=self._sweep(due), held_off=held_off)

    def compensate(self) -> Pass:
        """A pass that sweeps nothing; raises as `run` does."""
        with self._noting_loss():
            lost, held_off = self._compensate(self._due())
            return Pass(lost=tuple(lost), held_off=held_off)

    def sweep(self) -> int:
        """Remove what lost claims and unfinished uploads left; returns how many objects. Raises as `run` does."""
        with self._noting_loss():
            return self._sweep(self._due())

    @contextmanager
    def _noting_loss(self) -> Iterator[None]:
        try:
            yield
        except (Unavailable, PartMissing):
            self.reachability.note_loss()
            raise

    def _sweep(self, due: CompensationDue) -> int:
        swept = self._sweep_losers() if due.losers_outputs else 0
        swept += self._sweep_uploads() if due.unfinished_uploads else 0
        if due.stale_executors:
            with self.database.single() as connection:
                executor_registry.delete_stale_executors(connection)
        if due.ended_pauses:
            with self.database.single() as connection:
                pauses.delete_ended(connection)
        return swept

    def take_from_the_dead(self, dead: Collection[UUID]) -> frozenset[UUID]:
        """Fail at once the tasks of executors that are proven dead.

        Returns the executors that still hold tasks, since other sessions have locked their rows.

        Raises:
            Unavailable, PartMissing: the dead still hold what they held.
        """
        with self.database.write() as connection:
            lost = fail_claims_of_dead(connection, dead=dead)
            holding = still_held_by(connection, dead=dead)
            executor_registry.record_deaths(connection, dead=dead)
        self._log_lost(lost)
        return holding

    def _due(self) -> CompensationDue:
        # It only reads: the session of the latest claim serves as it is.
        with self.database.single(waits_for_standby=False) as connection:
            due = compensation_due(
                connection,
                hold_off=hold_off(lease=self.lease),
                bucket=self.store.bucket,
                given_up_after=self.uploads_given_up_after,
            )
        if due.control is not None:
            self.on_control(due.control)
        return due

    def _compensate(self, due: CompensationDue) -> tuple[Sequence[LostClaim], HoldOff | None]:
        """The claims that lost their lease; or none, and why the pass held off."""
        lost, held_off = self._lost(due)
        self._log_lost(lost)
        return lost, held_off

    def _lost(self, due: CompensationDue) -> tuple[Sequence[LostClaim], HoldOff | None]:
        held_off_for = hold_off(lease=self.lease)
        # Asked after the database has answered: to connect may have shown just now that it was out of reach.
        if self.reachability.lost_within(held_off_for):
            return (), HoldOff.OUT_OF_REACH
        if due.holds_off:
            return (), HoldOff.STARTED
        if not due.leases_ran_out:
            return (), None
        with self.database.write() as connection:
            if self.reachability.lost_within(held_off_for):
                return (), HoldOff.OUT_OF_REACH
            return fail_expired_leases(connection, hold_off=held_off_for), None

    def _log_lost(self, lost: Sequence[LostClaim]) -> None:
        """Called after the commit: only what is committed is logged."""
        for claim in lost:
            self.log.warning(
                "compensated",
                task=claim.task_id,
                attempt=claim.attempt,
                lost_executor=str(claim.claimed_by),
                strikes=claim.fail_count,
            )

    def _sweep_losers(self) -> int:
        """How many objects of lost claims were removed."""
        with self.database.read() as connection:
            outputs = sweep.losers_outputs(connection, bucket=self.store.bucket)
        removed = 0
        for output in outputs:
            try:
                kept = reason_kept(self.store, output.key)
            except Unavailable as error:
                self.log.warning("sweep_waits", reason=str(error))
                break
            # An object that cannot be deleted is looked at again later, and keeps no other one from being swept.
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
        """How many uploads that never ended were removed."""
        try:
            return self.sweep_uploads()
        except Unavailable as error:
            if error.error_class is ErrorClass.DATABASE_UNAVAILABLE:
                raise
            self.log.warning("sweep_waits", reason=str(error))
            return 0


class Passes:
    """One pass after another; a hold-off is logged once, when it begins.

    `share` tells which fraction of the passes this executor makes: in a large fleet the others make enough of them.
    """

    def __init__(
        self, compensation: Compensation, *, log: FilteringBoundLogger, share: Callable[[], float] = lambda: 1.0
    ) -> None:
        self._compensation = compensation
        self._share = share
        self._log = log
        self._held_off = False

    def run(self) -> None:
        """The next pass, unless it is left to the others; raises as `Compensation.compensate` does."""
        if randomness.random_fraction() >= self._share():
            return
        held_off = self._compensation.compensate().held_off
        if held_off and not self._held_off:
            self._log.info("compensation_holds_off", reason=str(held_off), lease_seconds=self._compensation.lease)
        self._held_off = held_off is not None
