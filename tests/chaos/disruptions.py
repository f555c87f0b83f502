"""What fell upon a run and when, by the database's clock; which attempts it struck, and which lost ones it explains."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

# As the tables have it.
Row = Mapping[Any, Any]

# Seconds, as tests.parts.site has it; compensation holds off for as long.
LEASE = 3.0
SLOTS = 1
_LEASE = _HOLD_OFF = timedelta(seconds=LEASE)
# The next pass is up to a second away, on a machine that is busy.
_NEXT_PASS = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class Disruption:
    """One fault: from when to when it lasted (once: the same moment), and upon whom it fell (None: upon everybody).

    `held`: the tokens that were seen to be held when it fell.
    """

    began: datetime
    ended: datetime
    victim: UUID | None = None
    held: frozenset[UUID] = frozenset()

    def struck(self, attempts: Iterable[Row]) -> list[Row]:
        """The attempts that were running meanwhile, the victim's alone where there is one."""
        return [attempt for attempt in attempts if attempt["claim_token"] in self.held or self._met(attempt)]

    def _met(self, attempt: Row) -> bool:
        return (
            self.victim in {None, attempt["executor_id"]}
            and attempt["started_at"] <= self.ended
            and (attempt["finished_at"] is None or attempt["finished_at"] >= self.began)
        )


def unexplained(attempts: Sequence[Row], *, deeds: Iterable[Disruption], outages: Sequence[Disruption]) -> list[Row]:
    """The lost attempts that no kill and no stop explains.

    One explains what its victim was at just then, at most one attempt for each slot, and only what was lost before
    the victim's lease and a hold-off were over.
    """
    left = [attempt for attempt in attempts if attempt["outcome"] == "lost"]
    for deed in deeds:
        until = latest_loss(deed, outages=outages)
        explained = [attempt for attempt in deed.struck(left) if attempt["finished_at"] <= until][:SLOTS]
        left = [attempt for attempt in left if attempt not in explained]
    return left


def latest_loss(deed: Disruption, *, outages: Sequence[Disruption]) -> datetime:
    """Until when compensation may take what the victim held: later when it had to hold off because of an outage.

    A connection that was cut counts as one: its executor holds off, and the others may be asleep. So does a time in
    which nobody was up.
    """
    latest = deed.ended + _LEASE + _HOLD_OFF
    for outage in sorted(outages, key=lambda outage: outage.ended):
        if deed.began <= outage.ended and outage.began <= latest:
            latest = max(latest, outage.ended + _HOLD_OFF + _NEXT_PASS)
    return latest


def nobody_up(watches: Iterable[Disruption]) -> Iterator[Disruption]:
    """The times between the first watch and the last in which nobody kept one."""
    latest: datetime | None = None
    for watch in sorted(watches, key=lambda watch: watch.began):
        if latest is not None and latest < watch.began:
            yield Disruption(began=latest, ended=watch.began)
        latest = max(latest or watch.ended, watch.ended)
