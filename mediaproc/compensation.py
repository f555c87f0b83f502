"""One pass of the compensation job: fail what lost its lease, sweep what losers left."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine
from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.db import executors
from mediaproc.db.faults import translated
from mediaproc.db.reachability import Reachability
from mediaproc.db.tasks import sweep
from mediaproc.db.tasks.compensate import LostClaim, compensate, compensate_dead
from mediaproc.store.protocol import Store


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one pass did. `held_off`: it judged nobody, the database was out of reach a moment ago."""

    lost: tuple[LostClaim, ...] = ()
    swept: int = 0
    held_off: bool = False


@dataclass(frozen=True, kw_only=True)
class Compensation:
    """Needs no leader: the statement is guarded, so that any number of executors may run it at the same time."""

    engine: Engine
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
            lost = self._compensate()
            swept = self._sweep_losers() + self._sweep_uploads()
            with translated(), self.engine.begin() as connection:
                executors.forget_the_gone(connection)
        except (Unavailable, PartMissing):
            self.reachability.note_loss()
            raise
        return Pass(lost=lost or (), swept=swept, held_off=lost is None)

    def take_from_the_dead(self, dead: Collection[UUID]) -> tuple[LostClaim, ...]:
        """Fail at once what executors held that are proven dead.

        Raises:
            Unavailable, PartMissing: their leases will run out.
        """
        with translated(), self.engine.begin() as connection:
            return self._told(compensate_dead(connection, dead=dead))

    def _compensate(self) -> tuple[LostClaim, ...] | None:
        """What lost its lease; None when nobody is judged, since the database was away within the last lease."""
        with translated(), self.engine.begin() as connection:
            # Asked with the connection in hand: that the old one was dead is news of just now.
            if self.reachability.lost_within(self.lease):
                return None
            return self._told(compensate(connection, hold_off=self.lease))

    def _told(self, lost: Sequence[LostClaim]) -> tuple[LostClaim, ...]:
        for claim in lost:
            self.log.warning(
                "compensated",
                task=claim.task_id,
                attempt=claim.attempt,
                lost_executor=str(claim.claimed_by),
                strikes=claim.fail_count,
            )
        return tuple(lost)

    def _sweep_losers(self) -> int:
        """How many objects were removed that no claim won with."""
        with translated(), self.engine.begin() as connection:
            outputs = sweep.losers_outputs(connection, bucket=self.store.bucket)
        for output in outputs:
            try:
                self.store.delete(output.key)
            except Unavailable as error:
                self.log.warning("sweep_waits", reason=str(error))
                return 0
            with translated(), self.engine.begin() as connection:
                sweep.mark_swept(connection, claim_token=output.claim_token)
            self.log.info("swept", task=output.task_id, key=output.key)
        return len(outputs)

    def _sweep_uploads(self) -> int:
        """How many uploads were removed that never ended."""
        try:
            return self.sweep_uploads()
        except Unavailable as error:
            if error.error_class is ErrorClass.DATABASE_UNAVAILABLE:
                raise
            self.log.warning("sweep_waits", reason=str(error))
            return 0
