"""When a child must end, and how: it is told to stop, takes too long, or makes no progress."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mediaproc.clock import elapsed

# How long a child that is too slow may take to end by itself, and to say why, before it is killed (seconds).
_TERM_GRACE = 3.0


class Cause(StrEnum):
    """Why we ended the child before its own end."""

    STOPPED = "stopped"
    STALLED = "stalled"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, kw_only=True)
class WatchdogLimits:
    """How long a child may take, and how long with no sign of progress (seconds); `pulse` changes with progress."""

    wall: float
    stall: float | None = None
    pulse: Callable[[], object] = lambda: None


class Watchdog:
    """Over one child from its start; `cause` is why it must end, once it must."""

    def __init__(self, limits: WatchdogLimits, *, stop: threading.Event) -> None:
        self.cause: Cause | None = None
        self._limits, self._stop = limits, stop
        self._begun = self._moved = elapsed()
        self._pulse = limits.pulse()
        self._kill_at = 0.0

    def look(self) -> signal.Signals | None:
        """The signal that is due now: SIGTERM once, and SIGKILL where that was not enough.

        SIGKILL at once for whoever is told to stop: what it made is thrown away, and its lease may be about to end.
        """
        now = elapsed()
        if self.cause is None:
            self.cause = self._cause(now)
            if self.cause is None:
                return None
            self._kill_at = now + _TERM_GRACE
            if self.cause is not Cause.STOPPED:
                return signal.SIGTERM
        return signal.SIGKILL if self._stop.is_set() or now >= self._kill_at else None

    def _cause(self, now: float) -> Cause | None:
        if self._stop.is_set():
            return Cause.STOPPED
        if now - self._begun > self._limits.wall:
            return Cause.TIMED_OUT
        pulse = self._limits.pulse()
        if pulse != self._pulse:
            self._pulse, self._moved = pulse, now
        stalled = self._limits.stall is not None and now - self._moved > self._limits.stall
        return Cause.STALLED if stalled else None
