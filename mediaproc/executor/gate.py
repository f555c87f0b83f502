"""Whether to claim at all: not while a part that every task leans on is away, or the scratch disk is full."""

import threading
from collections.abc import Mapping

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, jitter
from mediaproc.core.breaker import Breaker
from mediaproc.core.errors import AttemptFailed, ErrorClass, PartMissing, Unavailable
from mediaproc.scratch import Scratch
from mediaproc.store.protocol import Store

# Which part's breaker an error of an attempt opens; what is not here (a drain) says nothing of any part.
_PART: Mapping[ErrorClass, str] = {
    ErrorClass.STORE_UNAVAILABLE: "store",
    ErrorClass.CLOCK_SKEW: "store",
    ErrorClass.DATABASE_UNAVAILABLE: "database",
    ErrorClass.DISK_FULL: "scratch",
    ErrorClass.MEMORY_PRESSURE: "memory",
    ErrorClass.SANDBOX_UNAVAILABLE: "sandbox",
}


class Gate:
    """One breaker for each part; while one is open, a single probe at a time finds out when the part is back."""

    def __init__(self, *, store: Store, scratch: Scratch, log: FilteringBoundLogger) -> None:
        self._store = store
        self._scratch = scratch
        self._log = log
        self._lock = threading.Lock()
        self._breakers: dict[str, Breaker] = {}

    @property
    def paused_for(self) -> str | None:
        """The sentence that says why nothing is claimed, for the executor's row; None when nothing is in the way."""
        with self._lock:
            return next((breaker.reason for breaker in self._breakers.values()), None)

    def part_failed(self, error_class: ErrorClass, *, sentence: str) -> float:
        """Open the part's breaker; returns the seconds after which leaning on it may work again."""
        part = _PART.get(error_class)
        if part is None:
            return 0.0
        now = clock.elapsed()
        with self._lock:
            known = self._breakers.get(part)
            breaker = (known or Breaker()).failed(now, reason=sentence, jitter=jitter.roll())
            self._breakers[part] = breaker
        if known is None:
            self._log.warning("claiming_paused", part=part, reason=sentence)
        return breaker.pause_left(now)

    def part_works(self, part: str) -> None:
        """Close the part's breaker."""
        with self._lock:
            was_open = self._breakers.pop(part, None)
        if was_open is not None:
            self._log.info("claiming_resumed", part=part)

    def admits(self) -> bool:
        """Whether to claim now; probes what is due to be probed. Called by one thread at a time."""
        self._look_at_the_disk()
        now = clock.elapsed()
        with self._lock:
            breakers = dict(self._breakers)
        for part, breaker in breakers.items():
            if not breaker.is_probe_due(now):
                return False
            # The claim itself is the probe of the database; for memory and sandbox it is the next attempt.
            if part == "store" and not self._store_answers():
                return False
            if part != "database":
                self.part_works(part)
        return True

    def _store_answers(self) -> bool:
        try:
            self._store.check()
        except Unavailable as error:
            self.part_failed(error.error_class, sentence=str(error))
            return False
        except PartMissing as error:
            self.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence=str(error))
            return False
        return True

    def _look_at_the_disk(self) -> None:
        """Below the floor nothing is claimed: a download would only be given back."""
        try:
            self._scratch.require_room(0)
        except (Unavailable, AttemptFailed) as error:
            self.part_failed(ErrorClass.DISK_FULL, sentence=str(error))
