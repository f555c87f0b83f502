"""Watches over a few other executors: what one held that has died is taken from it before its lease runs out."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.failure_detector import LOOK_EVERY, FailureDetector, Sighting, look_every, share_of
from mediaproc.db.peers import Ring

# How many executors each one watches, those that follow it in the order of their ids: a watcher may die as well.
WATCHED = 3
# Looks after which they are determined anew, 10 seconds in a small fleet: executors come and go.
_RENEWED_EVERY = 12.5


class Locks(Protocol):
    """What shows the locks of the executors: `mediaproc.db.listener:Listener`."""

    def ring(self, *, count: int) -> Ring:
        """The next executors with a lock, in the order of the ids, and how many there are."""

    def look(self, peers: Collection[UUID]) -> Mapping[UUID, Sighting]:
        """Each of these executors that has not stopped."""

    def tell_missing(self, executors: Collection[UUID]) -> None:
        """Tell all executors that these have lost their locks."""


class PeerWatch:
    """Looks through one listener; called by its thread alone.

    Nothing depends on it: with every look missed, the leases run out all the same. `on_dead` is told the dead at each
    look, and returns those that still hold something: it is told them again. `hold_off` as `FailureDetector` has it.
    """

    def __init__(
        self,
        *,
        hold_off: float,
        on_dead: Callable[[frozenset[UUID]], frozenset[UUID]],
        log: FilteringBoundLogger,
        now: Callable[[], float] = clock.elapsed,
    ) -> None:
        self._detector = FailureDetector(hold_off=hold_off)
        self._on_dead = on_dead
        self._log = log
        self._now = now
        self._still_holding: frozenset[UUID] = frozenset()
        self._successors: frozenset[UUID] = frozenset()
        self._renew_at = 0.0
        # Seconds from one look to the next, and this executor's share in what any of them could do.
        self.look_every, self.share = LOOK_EVERY, 1.0

    @property
    def has_suspects(self) -> bool:
        """Whether the next look shall come soon."""
        return self._detector.has_suspects

    def look(self, locks: Locks) -> None:
        """Look at the watched executors, tell of locks that have gone, and take from the dead."""
        begun = self._now()
        watched = self._successors | self._detector.missing.keys()
        if begun >= self._renew_at:
            ring = locks.ring(count=WATCHED)
            self._successors = ring.successors
            self.look_every, self.share = look_every(ring.living), share_of(ring.living)
            self._renew_at = begun + _RENEWED_EVERY * self.look_every
        # With those from before: one of them may have lost its lock since the latest look, and is no successor now.
        watched |= self._successors
        sightings = locks.look(watched) if watched else {}
        now = self._now()
        known = self._detector.missing.keys() | self._detector.vanished.keys()
        self._detector, dead = self._detector.look(now, sightings=sightings, took=now - begun)
        news = self._detector.missing.keys() - known
        if news:
            locks.tell_missing(news)
        self._take_from(dead)

    def told(self, missing: Collection[UUID]) -> None:
        """Another executor has told that these have lost their locks."""
        self._detector = self._detector.told(self._now(), missing=missing, within=self.look_every)

    def connection_lost(self) -> None:
        """The listener's connection was lost: nobody is judged for the hold-off, and how many live is not known."""
        self.look_every, self.share = LOOK_EVERY, 1.0
        self._detector = self._detector.connection_lost(self._now())

    def _take_from(self, dead: frozenset[UUID]) -> None:
        if dead - self._still_holding:
            self._log.warning("executors_died", executors=", ".join(sorted(map(str, dead - self._still_holding))))
        self._still_holding = self._on_dead(dead) if dead else frozenset()
        self._detector = self._detector.forget(dead - self._still_holding)
