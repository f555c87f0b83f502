"""The watchdog over a child: it must end when it is told to stop, takes too long, or makes no progress."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mediaproc.clock import elapsed

# How long after SIGTERM a child that is too slow may take to end and to log why, before it is killed (seconds).
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
    """Watches one child from its start; `cause` is why the child must end, None as long as it may run."""

    def __init__(self, limits: WatchdogLimits, *, stop: threading.Event) -> None:
        self.cause: Cause | None = None
        self._limits, self._stop = limits, stop
        self._begun_at = self._progress_at = elapsed()
        self._pulse = limits.pulse()
        self._kill_at = 0.0

    def due_signal(self) -> signal.Signals | None:
        """The signal that the child is to get now: SIGTERM once, and SIGKILL where that was not enough.

        A child that is told to stop gets SIGKILL at once: its output is thrown away, and its lease may be about to end.
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
        if now - self._begun_at > self._limits.wall:
            return Cause.TIMED_OUT
        pulse = self._limits.pulse()
        if pulse != self._pulse:
            self._pulse, self._progress_at = pulse, now
        stalled = self._limits.stall is not None and now - self._progress_at > self._limits.stall
        return Cause.STALLED if stalled else None
