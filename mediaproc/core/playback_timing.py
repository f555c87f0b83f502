"""The times of packets as players take them: sound back to back, pictures one by one."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

# Samples in one packet of AAC-LC.
AAC_FRAME = 1024


def drift(times: Sequence[float], *, step: float) -> float:
    """By how much (s), at the most, a browser plays a packet of sound earlier or later than its time says.

    Browsers play the first packet of an mp4's sound at its time, and each further one `step` seconds after the last.
    """
    if not times:
        return 0.0
    first = times[0]
    return max(abs(time - first - place * step) for place, time in enumerate(times))


def squeezed(times: Sequence[float], *, step: float) -> int:
    """How many packets get less than half of their length before the next one begins; the last one may be cut."""
    return sum(later - sooner < step / 2 for sooner, later in pairwise(times[:-1]))


def displacement(wanted: Sequence[float], found: Sequence[float]) -> float:
    """The largest distance (s) of any found time from the nearest of the wanted times, which are in order."""
    if not wanted:
        return 0.0
    return max((_distance(wanted, time) for time in found), default=0.0)


def _distance(ordered: Sequence[float], time: float) -> float:
    place = bisect_left(ordered, time)
    return min(abs(time - near) for near in ordered[max(0, place - 1) : place + 1])
