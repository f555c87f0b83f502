"""Which executors are dead, judged by the advisory locks that they hold as long as they are connected."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import UUID

# Seconds that a lock must stay missing: an executor that lives takes it again as soon as it notices.
GRACE = 2.0
# More than one lock that vanishes within so many seconds is the database's doing, not the executors'.
_TOGETHER = 1.0


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What one look says of one executor: its lock, and its last heartbeat in any form that compares."""

    holds_lock: bool
    heartbeat: Hashable


@dataclass(frozen=True, kw_only=True)
class _Missing:
    since: float
    heartbeat: Hashable


@dataclass(frozen=True, kw_only=True)
class FailureDetector:
    """What an executor remembers of the others between its looks at their locks.

    `hold_off`, in seconds, is that of `core/hold_off.py`: no executor is judged for so long after the database went
    away itself.
    """

    hold_off: float
    seen_with_lock: frozenset[UUID] = frozenset()
    missing: Mapping[UUID, _Missing] = field(default_factory=lambda: MappingProxyType({}))
    looked_at: float | None = None
    # The moment of the latest look that missed a lock which the look before it had found.
    vanished_by: float | None = None
    holds_off_until: float = 0.0

    def connection_lost(self, now: float) -> "FailureDetector":
        """The own connection was lost: all executors may have lost theirs, so that a missing lock proves nothing."""
        return FailureDetector(hold_off=self.hold_off, holds_off_until=now + self.hold_off)

    def look(self, now: float, *, sightings: Mapping[UUID, Sighting]) -> "tuple[FailureDetector, frozenset[UUID]]":
        """The next state, and the executors that are proven dead at `now` (seconds of a steady clock).

        An executor is dead when it was seen with its lock, has been without it for the grace, and gave no heartbeat
        since. It is returned by each look until it is forgotten. An executor that was never seen with a lock is left to
        its lease.
        """
        seen = self.seen_with_lock & sightings.keys() | {who for who, seen in sightings.items() if seen.holds_lock}
        missing = {
            who: self.missing.get(who) or _Missing(since=now, heartbeat=sightings[who].heartbeat)
            for who in seen
            if not sightings[who].holds_lock
        }
        vanished = len(missing.keys() - self.missing.keys())
        together = vanished > 1 or (vanished == 1 and self._another_may_have_vanished_with_it())
        holds_off_until = now + self.hold_off if together else self.holds_off_until
        dead = frozenset(
            who
            for who, gone in missing.items()
            if now >= holds_off_until and now - gone.since >= GRACE and sightings[who].heartbeat == gone.heartbeat
        )
        detector = replace(
            self,
            seen_with_lock=frozenset(seen),
            missing=MappingProxyType(missing),
            looked_at=now,
            vanished_by=now if vanished else self.vanished_by,
            holds_off_until=holds_off_until,
        )
        return detector, dead

    def forget(self, dead: Collection[UUID]) -> "FailureDetector":
        """The next state, without the dead that hold nothing any more: none is judged twice for one death."""
        return replace(
            self,
            seen_with_lock=self.seen_with_lock.difference(dead),
            missing=MappingProxyType({who: gone for who, gone in self.missing.items() if who not in dead}),
        )

    def _another_may_have_vanished_with_it(self) -> bool:
        """Whether another lock can have vanished within a second of the one that vanished since the latest look.

        A look tells only between which two looks a lock vanished, so that two looks in a row may tell of one moment.
        """
        return (
            self.vanished_by is not None
            and self.looked_at is not None
            and self.looked_at - self.vanished_by < _TOGETHER
        )
