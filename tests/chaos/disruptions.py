"""The disruptions of a run by the database's clock: the attempts that each affected, the lost attempts it explains."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mediaproc.core.claim_limit import most_attempts

# As the tables have it.
Row = Mapping[Any, Any]

# Seconds, as in tests.parts.site; compensation's hold-off is as long.
LEASE = 3.0
SLOTS = 1
_LEASE = _HOLD_OFF = timedelta(seconds=LEASE)
# Compensation passes come every second, later on a busy machine.
_NEXT_PASS = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class Disruption:
    """One injected fault: its begin and end (the same moment for a signal), its victim (None: every executor).

    `held` are the tokens that its victims held when it began.
    """

    began: datetime
    ended: datetime
    victim: UUID | None = None
    held: frozenset[UUID] = frozenset()

    def affected(self, attempts: Iterable[Row]) -> list[Row]:
        """The victim's attempts, or all where there is no single victim, that ran at some time of the disruption."""
        return [attempt for attempt in attempts if attempt["claim_token"] in self.held or self._overlaps(attempt)]

    def _overlaps(self, attempt: Row) -> bool:
        return (
            self.victim in {None, attempt["executor_id"]}
            and attempt["started_at"] <= self.ended
            and (attempt["finished_at"] is None or attempt["finished_at"] >= self.began)
        )


def unexplained(
    attempts: Sequence[Row], *, kills_and_stops: Iterable[Disruption], outages: Sequence[Disruption]
) -> list[Row]:
    """The lost attempts that no kill and no stop explains.

    A kill or stop explains the attempts that its victim ran at that moment: no more than an executor ever has at once,
    encoding, ahead and behind, and only if the attempt was lost before the victim's lease and a hold-off were over.
    """
    left = [attempt for attempt in attempts if attempt["outcome"] == "lost"]
    for disruption in kills_and_stops:
        until = latest_loss(disruption, outages=outages)
        explained = [attempt for attempt in disruption.affected(left) if attempt["finished_at"] <= until]
        left = [attempt for attempt in left if attempt not in explained[: most_attempts(SLOTS)]]
    return left


def latest_loss(disruption: Disruption, *, outages: Sequence[Disruption]) -> datetime:
    """Until when compensation may take the victim's claims: later when it had to hold off because of an outage.

    A cut connection counts as an outage: its executor holds off, and the other executors may be stopped. A time in
    which no executor was up counts as one too.
    """
    latest = disruption.ended + _LEASE + _HOLD_OFF
    for outage in sorted(outages, key=lambda outage: outage.ended):
        if disruption.began <= outage.ended and outage.began <= latest:
            latest = max(latest, outage.ended + _HOLD_OFF + _NEXT_PASS)
    return latest


def times_without_executor(uptimes: Iterable[Disruption]) -> Iterator[Disruption]:
    """The times between the first uptime and the last in which no executor was up."""
    latest: datetime | None = None
    for uptime in sorted(uptimes, key=lambda uptime: uptime.began):
        if latest is not None and latest < uptime.began:
            yield Disruption(began=latest, ended=uptime.began)
        latest = max(latest or uptime.ended, uptime.ended)
