"""Whether an executor is an outlier: it fails one task after the other while its peers do theirs."""

from collections.abc import Collection
from dataclasses import dataclass

# Distinct tasks in a row that fail on one executor alone: fewer may be a handful of uploads that nobody can do.
STREAK = 5

# Strikes of one task that are ever taken back from outliers, since a person last retried it: twice as many as make it
# wait for a person. A source that is itself the cause, and meets with outliers time and again, comes to an end too.
TAKE_BACK_LIMIT = 6


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A living executor that takes the same tasks, and what it made of those that it worked on in a span of time."""

    completed: int
    failed: int

    @property
    def does_well(self) -> bool:
        """Whether most of its tasks were done: then neither the uploads nor the store are to blame."""
        return self.completed > self.failed


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How many tasks in a row failed on the executor and nowhere else, and what its peers did in that time."""

    failed_alone: int
    peers: Collection[Peer]

    @property
    def shows_an_outlier(self) -> bool:
        """Where no peer does well, failures prove nothing about this executor; there is also nobody to do better."""
        return self.failed_alone >= STREAK and any(peer.does_well for peer in self.peers)

    @property
    def shows_that_others_fail(self) -> bool:
        """What fails everywhere is no executor's fault."""
        return any(peer.failed for peer in self.peers) and not any(peer.does_well for peer in self.peers)
