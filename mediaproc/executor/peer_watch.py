"""Watches over the other executors: what one held that has died is taken from it before its lease runs out."""

from collections.abc import Callable, Mapping
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc.core.failure_detector import FailureDetector, Sighting


class PeerWatch:
    """Looks at the sightings of one listener; called by its thread alone.

    Nothing depends on it: with every look missed, the leases run out all the same. `on_dead` is told the dead at each
    look, and returns those that still hold something: it is told them again. `hold_off` as `FailureDetector` has it.
    """

    def __init__(
        self,
        *,
        hold_off: float,
        on_dead: Callable[[frozenset[UUID]], frozenset[UUID]],
        log: FilteringBoundLogger,
    ) -> None:
        self._detector = FailureDetector(hold_off=hold_off)
        self._on_dead = on_dead
        self._log = log
        self._still_holding: frozenset[UUID] = frozenset()

    def look(self, now: float, *, sightings: Mapping[UUID, Sighting]) -> None:
        """Judge by what the listener sees at `now` (by `clock.elapsed`)."""
        self._detector, dead = self._detector.look(now, sightings=sightings)
        if dead - self._still_holding:
            self._log.warning("executors_died", executors=", ".join(sorted(map(str, dead - self._still_holding))))
        self._still_holding = self._on_dead(dead) if dead else frozenset()
        self._detector = self._detector.forget(dead - self._still_holding)

    def connection_lost(self, now: float) -> None:
        """The listener's connection was lost at `now`: nobody is judged for the hold-off."""
        self._detector = self._detector.connection_lost(now)
