"""Until when an attempt may go on: as long as its lease can be trusted, and until the deadline of its stage."""

from dataclasses import dataclass

from mediaproc.core.stop_reason import StopReason


@dataclass(frozen=True, kw_only=True)
class AttemptDeadlines:
    """Both are moments of one steady clock, in seconds; between two stages there is no deadline of a stage."""

    lease_trusted_until: float
    stage_overdue_at: float | None = None

    def reason_to_stop(self, now: float) -> StopReason | None:
        """Why the attempt must not go on at `now`; None when it may."""
        if now >= self.lease_trusted_until:
            return StopReason.FENCED
        if self.stage_overdue_at is not None and now >= self.stage_overdue_at:
            return StopReason.OVERDUE
        return None
