"""The start of a long-running process: each step is tried again, after a growing delay, until it works."""

from collections.abc import Callable
from concurrent.futures import wait

from structlog.typing import FilteringBoundLogger

from mediaproc import randomness
from mediaproc.core.backoff import START
from mediaproc.core.errors import Unavailable
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.signals import Stop

# Seconds for which a stop waits for a step that is under way.
_PATIENCE = 5.0


def until_it_works(step: Callable[[], None], *, stop: Stop, log: FilteringBoundLogger) -> bool:
    """Whether the step worked in the end; False when `stop` was told first. PartMissing passes through."""
    failures = 0
    while not stop.drain.is_set():
        try:
            return _came_to_its_end(step, stop=stop)
        except Unavailable as error:
            log.warning("waiting", reason=str(error), next_try_seconds=round(START.ceiling(failures), 1))
            stop.drain.wait(START.delay(failures, jitter=randomness.random_fraction()))
            failures += 1
    return False


def _came_to_its_end(step: Callable[[], None], *, stop: Stop) -> bool:
    """Whether the step ended; False when it hung while `stop` was told. What the step raises passes through."""
    asked = run_in_daemon_thread(step, name="start")
    while not stop.drain.is_set():
        if wait([asked], timeout=0.2).done:
            break
    if not wait([asked], timeout=_PATIENCE).done:
        return False
    asked.result()
    return True
