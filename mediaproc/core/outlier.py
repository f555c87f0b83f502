"""Whether an executor is an outlier: it fails most of its tasks while its peers do most of theirs."""

from collections.abc import Collection
from dataclasses import dataclass

# Tasks that must have failed on one executor alone: fewer may be a handful of uploads that nobody can do.
LEAST_FAILURES = 5

# Strikes of one task that are ever taken back from outliers, since a person last retried it: twice as many as make it
# wait for a person. A source that is itself the cause, and meets with outliers time and again, comes to an end too.
TAKE_BACK_LIMIT = 6


@dataclass(frozen=True, kw_only=True)
class Record:
    """How many tasks an executor did in a span of time, and how many failed on it."""

    completed: int
    failed: int

    @property
    def does_well(self) -> bool:
        """Whether most were done. One that can copy streams and not encode them still does some."""
        return self.completed > self.failed


@dataclass(frozen=True, kw_only=True)
class PeerComparison:
    """What an executor did since it last did well, of the failures those that failed nowhere else; and its peers."""

    own: Record
    peers: Collection[Record]

    @property
    def shows_an_outlier(self) -> bool:
        """Where no peer does well, failures prove nothing about this executor; there is also nobody to do better."""
        fails = self.own.failed >= LEAST_FAILURES and not self.own.does_well
        return fails and any(peer.does_well for peer in self.peers)

    @property
    def shows_that_others_fail(self) -> bool:
        """What fails everywhere is no executor's fault."""
        return any(peer.failed for peer in self.peers) and not any(peer.does_well for peer in self.peers)
