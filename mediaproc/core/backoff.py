"""How long to wait before the next try: exponential backoff with jitter, and the named policies of the product.

A policy's ceiling doubles with each try, up to its longest. The jitter, a random number from 0 to 1, then picks the
wait within the policy's spread, so that those which failed together do not come back together.
"""

from dataclasses import dataclass, replace

# A larger power reaches the longest of any policy, and could overflow a float.
_MOST_DOUBLINGS = 32


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Between which multiples of the ceiling the wait lies, uniformly."""

    least: float
    most: float


NO_JITTER = Spread(least=1.0, most=1.0)
# Half of the ceiling for sure, the other half by chance.
EQUAL_JITTER = Spread(least=0.5, most=1.0)
# Full jitter but for its lowest tenth: a try that is due at once would meet the same trouble again.
NEARLY_FULL_JITTER = Spread(least=0.1, most=1.0)
SLIGHT_JITTER = Spread(least=1.0, most=1.2)
# On average the ceiling itself, and up to half of it longer.
CENTRED_JITTER = Spread(least=0.5, most=1.5)


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """A policy: the ceilings of the first wait and of the longest, in seconds, and the spread beside them.

    As many as `tries_at_once` are not waited for at all.
    """

    first: float
    longest: float
    spread: Spread
    tries_at_once: int = 0

    def ceiling(self, tries: int) -> float:
        """Seconds that the wait after `tries` earlier tries is derived from: `first`, doubled by each further one."""
        if tries < self.tries_at_once:
            return 0.0
        return min(self.longest, self.first * 2.0 ** min(tries - self.tries_at_once, _MOST_DOUBLINGS))

    def delay(self, tries: int, *, jitter: float) -> float:
        """Seconds to wait after `tries` earlier tries; `jitter` is from 0 to 1."""
        return self.ceiling(tries) * (self.spread.least + (self.spread.most - self.spread.least) * jitter)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """A policy of waits that are listed one by one, each up to a fifth longer; after the last there is no next try."""

    waits: tuple[float, ...]
    spread: Spread = SLIGHT_JITTER

    def delay(self, tries: int, *, jitter: float) -> float | None:
        """Seconds to wait after `tries` earlier tries; `jitter` is from 0 to 1. None: no more tries."""
        if tries >= len(self.waits):
            return None
        return self.waits[tries] * (self.spread.least + (self.spread.most - self.spread.least) * jitter)


def task_failure(*, base: float, cap: float) -> Backoff:
    """When a failed task is due again: `base` after its first strike. Both are settings, in seconds."""
    return Backoff(first=base, longest=cap, spread=NEARLY_FULL_JITTER)


def node_failure(failed_task: Backoff) -> Backoff:
    """When an executor that fails what others do tries a task again: by the ceilings of a task that failed."""
    return replace(failed_task, spread=EQUAL_JITTER)


# When a task is due again that was given back: a task which cannot get through now shall not stand before all others at
# every tick. An outage pauses the claiming instead.
TASK_RELEASE = Backoff(first=1.0, longest=300.0, spread=EQUAL_JITTER)

# When a part that failed is probed again, such as the store. An outage of minutes is noticed to be over within half a
# minute.
PART_PROBE = Backoff(first=1.0, longest=30.0, spread=EQUAL_JITTER)

# When an executor that starts asks again for a database or a store that is away.
START = Backoff(first=1.0, longest=30.0, spread=EQUAL_JITTER)

# When an attempt asks again a database that is away, with its lease or its rendition to save.
DATABASE_ANSWER = Backoff(first=0.5, longest=5.0, spread=NO_JITTER)

# When a listener connects, at first and again after a loss: both at once, since until then others take its executor for
# dead.
LISTENER = Backoff(first=0.2, longest=5.0, spread=CENTRED_JITTER, tries_at_once=2)

# How long notifications are gathered after one that woke the executor for nothing, while more of them come.
WAKE_UP = Backoff(first=0.05, longest=1.0, spread=NO_JITTER)

# When a message to another program is sent again that did not get through. A receiver may be down for a night.
DELIVERY = Steps(waits=(5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0))
