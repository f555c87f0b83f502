"""How much to claim now: nothing while a part that every task leans on is away, one task while that is on trial."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import assert_never
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, randomness
from mediaproc.core.backoff import Backoff, node_failure
from mediaproc.core.circuit_breaker import BreakerState, CircuitBreaker
from mediaproc.core.errors import AttemptFailed, ErrorClass, PartMissing, Unavailable
from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.stage import Stage
from mediaproc.core.task import Rendition
from mediaproc.scratch import Scratch
from mediaproc.store.interface import Store
from mediaproc.store.write_check import run_write_check

# Which part's breaker an error of an attempt opens; an error that is not here, such as a drain's, shows nothing of any
# part.
_PART: Mapping[ErrorClass, str] = {
    ErrorClass.STORE_UNAVAILABLE: "store",
    ErrorClass.CLOCK_SKEW: "store",
    ErrorClass.DATABASE_UNAVAILABLE: "database",
    ErrorClass.DISK_FULL: "scratch",
    ErrorClass.MEMORY_PRESSURE: "memory",
    ErrorClass.SANDBOX_UNAVAILABLE: "sandbox",
}

_PARTS = tuple(dict.fromkeys(_PART.values()))

# The parts that an attempt has shown to work when it comes to this stage: to wait for more is to wait for its encode.
_SHOWN_AT: Mapping[Stage, frozenset[str]] = {
    Stage.PROBE: frozenset({"store", "scratch"}),
    Stage.TRANSCODE: frozenset(_PART.values()),
}

# Seconds after which a trial has shown enough: where a part failed late twice, the trial lasts as long as its attempt,
# and an encode may take hours.
_LONGEST_TRIAL = 600.0

# The executor itself, which is away like a part while it fails what others do. No stage shows that it works again, only
# a task that is done.
NODE = "node"


def got_through(ending: Rendition | Failed | Rejected | Released | None) -> bool:
    """Whether an attempt that ended so has shown that every part works; a stop or a bug of ours shows nothing."""
    match ending:
        case None | Released() | Failed(error_class=ErrorClass.BUG):
            return False
        case Rendition() | Failed() | Rejected():
            return True
        case _:
            assert_never(ending)


class Backpressure:
    """One breaker for each part; while one is open, a single probe at a time finds out when the part is back."""

    def __init__(self, *, store: Store, scratch: Scratch, log: FilteringBoundLogger) -> None:
        self._store = store
        self._scratch = scratch
        self._log = log
        self._lock = threading.Lock()
        self._breakers: dict[str, CircuitBreaker] = {}
        # How often each part opened its breaker by failing in a transcode or later, since an attempt last got through.
        self._late_failures: Counter[str] = Counter()
        # The claim whose attempt shows whether the parts on trial work, and since when it does.
        self._trial: UUID | None = None
        self._trial_since = 0.0

    @property
    def paused_for(self) -> str | None:
        """The sentence that says why nothing is claimed, for the executor's row; None when nothing is in the way."""
        with self._lock:
            breakers = self._breakers.items()
            # Whether the node works again is not known before its trial has ended, which may take an encode's time.
            return next((each.reason for part, each in breakers if part == NODE or not each.is_on_trial), None)

    def breaker_states(self) -> Mapping[str, BreakerState]:
        """The state of each part's breaker."""
        with self._lock:
            known = {part: each.state for part, each in self._breakers.items()}
        return {part: known.get(part, BreakerState.CLOSED) for part in (*_PARTS, NODE)}

    def part_failed(self, error_class: ErrorClass, *, sentence: str, late: bool = False) -> float:
        """Open the part's breaker; returns the seconds after which the part may work again.

        `late`: it failed in the transcode or after it.
        """
        part = _PART.get(error_class)
        return 0.0 if part is None else self._open(part, never_failed=CircuitBreaker(), sentence=sentence, late=late)

    def node_failed(self, *, sentence: str, policy: Backoff) -> None:
        """Claim nothing for the policy's first delay, doubled by each trial that failed; then one task at a time."""
        never_failed = CircuitBreaker(backoff=node_failure(policy))
        self._open(NODE, never_failed=never_failed, sentence=sentence, late=False)

    def _open(self, part: str, *, never_failed: CircuitBreaker, sentence: str, late: bool) -> float:
        now = clock.elapsed()
        with self._lock:
            known = self._breakers.get(part)
            breaker = (known or never_failed).failed(now, reason=sentence, jitter=randomness.random_fraction())
            self._breakers[part] = breaker
            self._late_failures[part] += late and known is None
        if known is None or known.is_on_trial:
            self._log.warning("claiming_paused", part=part, reason=sentence)
        return breaker.wait_left(now)

    def part_works(self, part: str) -> None:
        """Close the part's breaker."""
        with self._lock:
            was_open = self._breakers.pop(part, None)
        if was_open is not None and not was_open.is_on_trial:
            self._log.info("claiming_resumed", part=part)

    def allowance(self, free: int) -> int:
        """For how many of the `free` slots to claim; probes what is due to be. Called by one thread at a time."""
        self._look_at_the_disk()
        now = clock.elapsed()
        with self._lock:
            breakers = dict(self._breakers)
        for part, breaker in breakers.items():
            if not (breaker.is_on_trial or self._comes_back(part, breaker=breaker, now=now)):
                return 0
        with self._lock:
            if self._trial is not None and now - self._trial_since > _LONGEST_TRIAL:
                self._end_trials(lambda _part: True)
            return min(free, int(self._trial is None)) if self._is_on_trial() else free

    def claimed(self, claim_token: UUID) -> None:
        """A task was claimed: while a part is on trial, its attempt is the trial."""
        with self._lock:
            if self._is_on_trial():
                self._trial, self._trial_since = claim_token, clock.elapsed()

    def comes_to(self, stage: Stage, *, claim_token: UUID) -> None:
        """An attempt has come to this stage: the parts that it has used by then work, and their trial is over.

        A part that failed late twice is an exception: the first time its trial ended so, and then it failed late again.
        """
        shown = _SHOWN_AT.get(stage, frozenset())
        with self._lock:
            self._end_trials(lambda part: part in shown and self._late_failures[part] <= 1)
            if self._trial == claim_token and not self._is_on_trial():
                self._trial = None

    def ended(self, claim_token: UUID, *, got_through: bool) -> None:
        """An attempt ended; one that got through has shown that every part works."""
        with self._lock:
            if self._trial == claim_token:
                self._trial = None
            if got_through:
                self._end_trials(lambda _part: True)
                self._late_failures.clear()

    def _end_trials(self, works: Callable[[str], bool]) -> None:
        """Close the breakers of the parts on trial for which `works` is true."""
        self._breakers = {
            part: breaker
            for part, breaker in self._breakers.items()
            if part == NODE or not (breaker.is_on_trial and works(part))
        }

    def _is_on_trial(self) -> bool:
        return any(breaker.is_on_trial for breaker in self._breakers.values())

    def _comes_back(self, part: str, *, breaker: CircuitBreaker, now: float) -> bool:
        """Whether the part may be used again; the claim itself is the probe of the database."""
        if not breaker.is_probe_due(now) or (part == "store" and not self._store_works()):
            return False
        if part != "database":
            with self._lock:
                self._breakers[part] = breaker.on_trial()
            self._log.info("claiming_resumed", part=part, until="an attempt has got through, one at a time")
        return True

    def _store_works(self) -> bool:
        try:
            run_write_check(self._store, folder=self._scratch.folder)
        except (Unavailable, AttemptFailed) as error:
            self.part_failed(error.error_class, sentence=str(error))
            return False
        except PartMissing as error:
            self.part_failed(ErrorClass.STORE_UNAVAILABLE, sentence=str(error))
            return False
        return True

    def _look_at_the_disk(self) -> None:
        """Below the disk's floor nothing is claimed: a task would only be given back before its download."""
        try:
            self._scratch.require_room(0)
        except (Unavailable, AttemptFailed) as error:
            self.part_failed(ErrorClass.DISK_FULL, sentence=str(error))
