"""Stops an attempt before its lease ends, however silent the database is, or when its stage takes too long."""

import threading
from collections.abc import Callable, Sequence

from mediaproc import clock
from mediaproc.executor.running_attempt import RunningAttempt

# Seconds before the end of the lease at which ffmpeg is killed, or a quarter of a short lease.
_LONGEST_MARGIN = 5.0


def trusted_until(asked_at: float, *, lease: float) -> float:
    """Until when (by `clock.elapsed`) a lease can be trusted that was asked for at `asked_at`.

    The database counts the lease from when it answers, which is later than `asked_at`. So the lease never ends earlier
    than this moment plus the margin.
    """
    return asked_at + lease - min(_LONGEST_MARGIN, lease / 4)


class SelfFence:
    """One thread that only looks at the clock, so that no hanging statement can keep it from stopping a transcode."""

    def __init__(self, *, lease: float, running: Callable[[], Sequence[RunningAttempt]]) -> None:
        self._interval = min(0.5, lease / 12)
        self._running = running
        self._ended = threading.Event()
        # When it last looked, by `clock.elapsed`.
        self.looked_at: float | None = None
        self._thread = threading.Thread(target=self._go_on, name="self-fence", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def end(self) -> None:
        """Watch no more."""
        self._ended.set()

    def _go_on(self) -> None:
        while not self._ended.wait(self._interval):
            now = self.looked_at = clock.elapsed()
            for one in self._running():
                one.look(now)
                reason = one.reason_to_stop(now)
                if reason is not None and one.tell_to_stop(reason):
                    one.log.warning("told_to_stop", stage=one.stage, reason=str(reason))
