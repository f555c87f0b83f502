"""Which executors are dead, judged by the advisory locks that they hold as long as they are connected.

An executor looks at a few others only, and tells all of them of each lock that it misses.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import UUID

# Seconds from one look to the next, in a fleet of at most so many executors. In a larger one each looks less often, so
# that all together look no more often; the longest time is what a takeover may take more there.
LOOK_EVERY = 0.8
_OFTEN_UP_TO = 100
_LONGEST_BETWEEN_LOOKS = 5.0
# The same while a lock is missing whose executor may be dead.
LOOK_AGAIN = 0.25
# Seconds that a lock must stay missing: an executor that lives takes it again, or gives a heartbeat, as soon as it
# notices.
GRACE = 0.75
# A database that takes long for a look takes as long for the heartbeat that would show life: the grace is at least so
# many times the slowest look.
_GRACE_IN_LOOKS = 10
# A longer time between two looks counts as this: the machine stood still, and those whom it looks at with it.
_LONGEST_STEP = 2 * LOOK_AGAIN
# More than one lock that vanishes within so many seconds is the database's doing, not the executors'.
_TOGETHER = 1.0
# For how long a lock that vanished is remembered.
_REMEMBERED = 10.0


def look_every(executors: int) -> float:
    """Seconds from one look of an executor to its next, where so many live."""
    return min(LOOK_EVERY / share_of(executors), _LONGEST_BETWEEN_LOOKS)


def share_of(executors: int) -> float:
    """How often one of so many executors does what any of them could do, as a fraction of how often one of few does."""
    return min(1.0, _OFTEN_UP_TO / max(executors, 1))


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What one look says of one executor: its lock, and its last heartbeat in any form that compares."""

    holds_lock: bool
    heartbeat: Hashable


@dataclass(frozen=True, kw_only=True)
class _Missing:
    heartbeat: Hashable
    slowest_look: float
    # The seconds that the looks since have shown.
    waited: float = 0.0

    def seen_again(self, *, step: float, took: float) -> "_Missing":
        waited = self.waited + min(step, _LONGEST_STEP)
        return replace(self, waited=waited, slowest_look=max(took, self.slowest_look))

    @property
    def is_overdue(self) -> bool:
        return self.waited >= max(GRACE, _GRACE_IN_LOOKS * self.slowest_look)


@dataclass(frozen=True, kw_only=True)
class _Vanishing:
    """Between which moments a lock vanished: a look tells only that it was before it, and after the one before."""

    after: float
    by: float

    def may_be_together_with(self, other: "_Vanishing") -> bool:
        return max(self.after, other.after) - min(self.by, other.by) < _TOGETHER


@dataclass(frozen=True, kw_only=True)
class FailureDetector:
    """What an executor remembers of the others between its looks at their locks.

    `hold_off`, in seconds, is that of `core/hold_off.py`: no executor is judged for so long after the database went
    away itself.
    """

    hold_off: float
    seen_with_lock: frozenset[UUID] = frozenset()
    missing: Mapping[UUID, _Missing] = field(default_factory=lambda: MappingProxyType({}))
    # Locks that vanished lately, as far as this executor saw it or was told.
    vanished: Mapping[UUID, _Vanishing] = field(default_factory=lambda: MappingProxyType({}))
    looked_at: float | None = None
    holds_off_until: float = 0.0
    # Whether a lock is missing whose executor the next looks may prove dead.
    has_suspects: bool = False

    def connection_lost(self, now: float) -> "FailureDetector":
        """The own connection was lost: all executors may have lost theirs, so that a missing lock proves nothing."""
        return FailureDetector(hold_off=self.hold_off, holds_off_until=now + self.hold_off)

    def look(
        self, now: float, *, sightings: Mapping[UUID, Sighting], took: float = 0.0
    ) -> "tuple[FailureDetector, frozenset[UUID]]":
        """The next state, and the executors that are proven dead at `now` (seconds of a steady clock).

        An executor is dead when it was seen with its lock, has been without it for the grace, and gave no heartbeat
        since. It is returned by each look until it is forgotten. An executor that was never seen with a lock is left to
        its lease. The look itself took so many seconds.
        """
        looked_at = now if self.looked_at is None else self.looked_at
        holding = frozenset(who for who, seen in sightings.items() if seen.holds_lock)
        seen_with_lock = self.seen_with_lock & sightings.keys() | holding
        missing = {
            who: known.seen_again(step=now - looked_at, took=took)
            if (known := self.missing.get(who))
            else _Missing(heartbeat=sightings[who].heartbeat, slowest_look=took)
            for who in seen_with_lock - holding
        }
        noted = self._note_vanished(
            missing.keys() - self.missing.keys(), when=_Vanishing(after=looked_at, by=now), back=holding
        )
        silent = {who for who, gone in missing.items() if sightings[who].heartbeat == gone.heartbeat}
        is_calm = now >= noted.holds_off_until
        dead = frozenset(who for who in silent if is_calm and missing[who].is_overdue)
        detector = replace(
            noted,
            seen_with_lock=seen_with_lock,
            missing=MappingProxyType(missing),
            looked_at=now,
            has_suspects=is_calm and bool(silent - dead),
        )
        return detector, dead

    def told(self, now: float, *, missing: Collection[UUID], within: float = LOOK_EVERY) -> "FailureDetector":
        """The next state, when another executor has told that it misses these locks since its latest look.

        That look was at most `within` seconds ago.
        """
        return self._note_vanished(missing, when=_Vanishing(after=now - within, by=now))

    def forget(self, dead: Collection[UUID]) -> "FailureDetector":
        """The next state, without the dead that hold nothing any more: none is judged twice for one death."""
        return replace(
            self,
            seen_with_lock=self.seen_with_lock.difference(dead),
            missing=MappingProxyType({who: gone for who, gone in self.missing.items() if who not in dead}),
        )

    def _note_vanished(
        self, executors: Collection[UUID], *, when: _Vanishing, back: Collection[UUID] = ()
    ) -> "FailureDetector":
        """The next state, which holds off when one of these locks may have vanished together with another one."""
        vanished = {
            who: each for who, each in self.vanished.items() if who not in back and when.by - each.by < _REMEMBERED
        }
        news = set(executors) - vanished.keys()
        together = len(news) > 1 or (news and any(when.may_be_together_with(each) for each in vanished.values()))
        return replace(
            self,
            vanished=MappingProxyType(vanished | dict.fromkeys(news, when)),
            holds_off_until=when.by + self.hold_off if together else self.holds_off_until,
        )
