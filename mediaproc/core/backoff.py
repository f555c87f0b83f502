"""When a task is due again that failed or was given back: exponential backoff with full jitter."""

# Seconds: the longest wait of a task that was given back again and again. An outage pauses the claiming instead.
_LONGEST_RELEASE = 300.0


def delay(fail_count: int, *, base: float, cap: float, jitter: float) -> float:
    """Seconds to wait after the strike that made it `fail_count` (1 is the first).

    Full jitter: uniform between 0 and `min(cap, base * 2 ** (fail_count - 1))`, so that tasks which failed together
    do not come back together. `jitter` is from 0 to 1. The lower tenth is cut off: a retry that is due at once would
    meet the same trouble again.
    """
    # Beyond 2**32 every cap is reached; the exponent is bounded so that no float overflows.
    ceiling = min(cap, base * 2.0 ** min(max(fail_count, 1) - 1, 32))
    return ceiling * (0.1 + 0.9 * jitter)


def after_release(releases: int, *, jitter: float) -> float:
    """Seconds to wait after having been given back `releases` times before: a second, doubled by each.

    So that a task which cannot get through now does not stand before all others at every tick. `jitter` is from 0 to 1.
    """
    return min(_LONGEST_RELEASE, 2.0 ** min(releases, 16)) * (0.5 + 0.5 * jitter)
