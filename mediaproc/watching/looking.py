"""Looks again and again until told to stop; while a part is away, after a growing delay."""

from collections.abc import Callable
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, randomness
from mediaproc.core.backoff import PART_PROBE
from mediaproc.core.errors import PartMissing, Stopped, Unavailable
from mediaproc.signals import Stop

# A folder of millions of files takes seconds to look through. At most a tenth of the time is spent on that.
_REST_TO_SCAN = 9


class Watch(Protocol):
    """What is looked at."""

    def look(self, *, now: float, stop: Stop) -> float:
        """Take what has arrived; returns how many seconds it took to find that out."""
        ...


def wait_for_stop(seconds: float, stop: Stop) -> None:
    """Wait so long, or until `stop` is told."""
    stop.drain.wait(seconds)


def keep_looking(
    watch: Watch,
    *,
    every: float,
    stop: Stop,
    log: FilteringBoundLogger,
    rest: Callable[[float, Stop], None] = wait_for_stop,
) -> None:
    """Look every so many seconds until `stop` is told; what is under way then comes to its end.

    Told once more, `stop` ends that too. `rest` waits for the next look, or for a reason to have it sooner.

    Raises WrongUse where no look can ever work.
    """
    failures = 0
    while not stop.drain.is_set():
        try:
            took = watch.look(now=clock.elapsed(), stop=stop)
        except Stopped:
            log.info("stopped_at_once")
            return
        except (Unavailable, PartMissing) as error:
            # Of a refusal, too: somebody may grant a right, or mount a disk, while the watch goes on.
            log.warning("waiting", reason=str(error), next_try_seconds=round(PART_PROBE.ceiling(failures), 1))
            wait_for_stop(PART_PROBE.delay(failures, jitter=randomness.random_fraction()), stop)
            failures += 1
        else:
            failures = 0
            rest(max(every, _REST_TO_SCAN * took), stop)
