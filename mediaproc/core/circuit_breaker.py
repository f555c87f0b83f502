"""Whether to use a part that failed: the breaker is closed, open with growing waits, or half-open (on trial)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from mediaproc.core.backoff import PART_PROBE, Backoff


class BreakerState(StrEnum):
    """As the metrics name it."""

    CLOSED = "closed"
    OPEN = "open"
    TRIAL = "trial"


@dataclass(frozen=True, kw_only=True)
class CircuitBreaker:
    """One part's state. While it is open nothing uses the part but one probe at a time, each after a wait.

    A probe that worked puts it on trial: one task at a time, until a task has got through (then forget the breaker) or
    has failed (then the next wait is longer). So a task that is itself the cause does not reset the waits.
    """

    backoff: Backoff = PART_PROBE
    failures: int = 0
    probe_at: float = 0.0
    reason: str | None = None
    is_on_trial: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the part is known to be away."""
        return self.failures > 0

    @property
    def state(self) -> BreakerState:
        """Closed: the part is used as ever; open: not at all; trial: by one task."""
        if not self.is_open:
            return BreakerState.CLOSED
        return BreakerState.TRIAL if self.is_on_trial else BreakerState.OPEN

    def failed(self, now: float, *, reason: str, jitter: float) -> "CircuitBreaker":
        """The part failed at `now` (seconds of any steady clock); `jitter` (0 to 1) spreads the probes of many nodes.

        Failures that arrive before the next probe is due come from work begun earlier, and lengthen nothing.
        """
        if self.is_open and now < self.probe_at:
            return replace(self, reason=reason, is_on_trial=False)
        probe_at = now + self.backoff.delay(self.failures, jitter=jitter)
        return replace(self, failures=self.failures + 1, probe_at=probe_at, reason=reason, is_on_trial=False)

    def is_probe_due(self, now: float) -> bool:
        """Whether to find out now if the part is back."""
        return self.is_open and now >= self.probe_at

    def on_trial(self) -> "CircuitBreaker":
        """The probe worked: let one task try."""
        return replace(self, is_on_trial=True)

    def wait_left(self, now: float) -> float:
        """Seconds until the next probe; a task that was given back for this part is due no sooner."""
        return max(0.0, self.probe_at - now) if self.is_open else 0.0
