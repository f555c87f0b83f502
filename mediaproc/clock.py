"""The only clock of the process: it measures intervals and never tells the time of day."""

import time


def elapsed() -> float:
    """Seconds since boot, counting suspended time; only differences mean anything.

    CLOCK_BOOTTIME, because CLOCK_MONOTONIC stands still while a machine sleeps: an executor on it would wake up and
    trust a lease that others saw expire.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_time() -> float:
    """Seconds since 1970 by this machine's wall clock: only for a comparison with another clock."""
    return wall_offset() + elapsed()


def wall_offset() -> float:
    """How far the wall clock is ahead of `elapsed`, in seconds; it changes only when the wall clock is stepped."""
    return time.clock_gettime(time.CLOCK_REALTIME) - elapsed()
