"""Whether the strike for a lost lease is fair: not where the database was out of reach of an executor that ran."""

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

# Seconds between two looks of the self-fence, which looks twice a second, that show a stopped or sleeping process. As
# long as the shortest timeout towards the database: a process that slept for less has slept through no timeout.
_STANDSTILL = 5.0

# Seconds without an answer to a renewal that show an outage: no statement of a millisecond takes that long, and a
# process that has just woken up has not waited for so long.
_UNANSWERED = 1.0


class DatabaseState(StrEnum):
    """What the database did since the latest renewal that came through."""

    ANSWERED = "answered"
    OUT_OF_REACH = "out of reach"


class Process(StrEnum):
    """What the executor's process did since the latest renewal that came through."""

    RAN = "ran"
    STOOD_STILL = "stood still"


# Whether the strike is fair, by what happened since the latest renewal that came through.
IS_FAIR = MappingProxyType(
    {
        # The executor had all that it needs to renew its lease.
        (DatabaseState.ANSWERED, Process.RAN): True,
        # The executor was stopped, asleep or starved: its node's fault, and a poisonous task may be the cause.
        (DatabaseState.ANSWERED, Process.STOOD_STILL): True,
        # An outage, which is no task's fault.
        (DatabaseState.OUT_OF_REACH, Process.RAN): False,
        # The timeout passed while the process stood still, so that it proves no outage.
        (DatabaseState.OUT_OF_REACH, Process.STOOD_STILL): True,
    }
)


@dataclass(frozen=True, kw_only=True)
class StrikeFairness:
    """What an executor has noticed of one lease since its latest renewal; moments are of one steady clock, in seconds.

    `looked_at` is the latest look at the clock, `gap` the seconds since the look before that one.
    """

    looked_at: float
    gap: float = 0.0
    stood_still_at: float | None = None
    out_of_reach_at: float | None = None
    renewal_asked_at: float | None = None

    @property
    def database(self) -> DatabaseState:
        """Whether the database was out of reach."""
        return DatabaseState.ANSWERED if self.out_of_reach_at is None else DatabaseState.OUT_OF_REACH

    @property
    def process(self) -> Process:
        """Whether the process stood still."""
        return Process.RAN if self.stood_still_at is None else Process.STOOD_STILL

    @property
    def is_fair(self) -> bool:
        """Whether a strike for the lost lease stays; an unfair one is taken back."""
        return IS_FAIR[self.database, self.process]

    def looked(self, now: float) -> "StrikeFairness":
        """The executor looked at the clock: a long gap since its look before shows that the process stood still."""
        gap = now - self.looked_at
        return replace(self, looked_at=now, gap=gap, stood_still_at=now if gap > _STANDSTILL else self.stood_still_at)

    def database_lost(self, now: float) -> "StrikeFairness":
        """The database was out of reach at `now`."""
        return replace(self, out_of_reach_at=now)

    def renewal_asked(self, now: float) -> "StrikeFairness":
        """The database was asked to renew the lease; of several questions without an answer the first counts."""
        return replace(self, renewal_asked_at=now if self.renewal_asked_at is None else self.renewal_asked_at)

    def renewed(self, *, asked_at: float) -> "StrikeFairness":
        """The database answered the renewal that it was asked for at `asked_at`.

        An answer to a question from before an outage or a standstill does not tell that it is over.
        """
        return replace(
            self,
            renewal_asked_at=None,
            out_of_reach_at=_unless_before(self.out_of_reach_at, asked_at=asked_at),
            stood_still_at=_unless_before(self.stood_still_at, asked_at=asked_at),
        )

    def lease_ran_out(self, now: float) -> "StrikeFairness":
        """The lease can be trusted no longer: a renewal without an answer, in a process that ran, shows an outage."""
        asked_at = self.renewal_asked_at
        is_unanswered = asked_at is not None and now - asked_at > _UNANSWERED
        return self.database_lost(now) if is_unanswered and self.gap < _UNANSWERED else self


def _unless_before(moment: float | None, *, asked_at: float) -> float | None:
    return None if moment is not None and moment < asked_at else moment
