"""Which executors are dead, judged by the advisory locks that they hold as long as they are connected."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import UUID

# Seconds that a lock must stay missing: its executor takes it again the moment that it notices.
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
    """What a looker remembers between its looks.

    `hold_off` is the lease in seconds: nobody is judged for so long after the database itself went away.
    """

    hold_off: float
    seen_with_lock: frozenset[UUID] = frozenset()
    missing: Mapping[UUID, _Missing] = field(default_factory=lambda: MappingProxyType({}))
    looked_at: float | None = None
    # The look that was the last to find a lock missing that the look before had found.
    vanished_by: float | None = None
    holds_off_until: float = 0.0

    def connection_lost(self, now: float) -> "FailureDetector":
        """The looker's own connection was lost: everybody may have lost theirs, so that nothing is proven."""
        return FailureDetector(hold_off=self.hold_off, holds_off_until=now + self.hold_off)

    def look(self, now: float, *, sightings: Mapping[UUID, Sighting]) -> "tuple[FailureDetector, frozenset[UUID]]":
        """The next state, and the executors that are proven dead at `now` (seconds of a steady clock).

        Dead is who was seen with its lock, is without it for the grace, and gave no heartbeat meanwhile, in every look
        until it is buried. Who was never seen with a lock is left to its lease.
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
        watch = replace(
            self,
            seen_with_lock=frozenset(seen),
            missing=MappingProxyType(missing),
            looked_at=now,
            vanished_by=now if vanished else self.vanished_by,
            holds_off_until=holds_off_until,
        )
        return watch, dead

    def bury(self, dead: Collection[UUID]) -> "FailureDetector":
        """Forgets those that left nothing to take: nobody is judged twice for one death."""
        return replace(
            self,
            seen_with_lock=self.seen_with_lock.difference(dead),
            missing=MappingProxyType({who: gone for who, gone in self.missing.items() if who not in dead}),
        )

    def _another_may_have_vanished_with_it(self) -> bool:
        """Whether another lock can have gone within a second of one that went after the last look.

        A look tells only between which two looks a lock went, so that two in a row may be the same moment.
        """
        return (
            self.vanished_by is not None
            and self.looked_at is not None
            and self.looked_at - self.vanished_by < _TOGETHER
        )
