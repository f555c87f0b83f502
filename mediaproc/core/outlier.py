"""Whether an executor is an outlier: it fails most of its tasks while its peers do most of theirs."""

from collections.abc import Collection
from dataclasses import dataclass

# Tasks that must have failed on one executor alone: fewer may be a handful of uploads that no executor can do.
LEAST_FAILURES = 5

# Strikes of one task that are ever taken back from outliers, since a person last retried it: twice as many as make it
# wait for a person. A source that is itself the cause, and meets with outliers time and again, comes to an end too.
TAKE_BACK_LIMIT = 6


@dataclass(frozen=True, kw_only=True)
class Record:
    """How many tasks an executor completed in a while, and how many failed on it."""

    completed: int
    failed: int

    @property
    def does_well(self) -> bool:
        """Whether it completed most of its tasks; an executor that can copy streams but encode none completes some."""
        return self.completed > self.failed


@dataclass(frozen=True, kw_only=True)
class PeerComparison:
    """An executor's record since it last did well, with only such failures as no peer shares; and its peers'."""

    own: Record
    peers: Collection[Record]

    @property
    def shows_an_outlier(self) -> bool:
        """Where no peer does well, failures prove nothing about this executor, and no other one does better."""
        fails = self.own.failed >= LEAST_FAILURES and not self.own.does_well
        return fails and any(peer.does_well for peer in self.peers)

    @property
    def shows_that_others_fail(self) -> bool:
        """Whether peers fail too and none does well: then the failures are no executor's fault."""
        return any(peer.failed for peer in self.peers) and not any(peer.does_well for peer in self.peers)
