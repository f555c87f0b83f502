"""When a failed task is due again: exponential backoff with full jitter."""


def delay(fail_count: int, *, base: float, cap: float, jitter: float) -> float:
    """Seconds to wait after the strike that made it `fail_count` (1 is the first).

    Full jitter: uniform between 0 and `min(cap, base * 2 ** (fail_count - 1))`, so that tasks which failed together
    do not come back together. `jitter` is from 0 to 1. The lower tenth is cut off: a retry that is due at once would
    meet the same trouble again.
    """
    # Beyond 2**32 every cap is reached; the exponent is bounded so that no float overflows.
    ceiling = min(cap, base * 2.0 ** min(max(fail_count, 1) - 1, 32))
    return ceiling * (0.1 + 0.9 * jitter)
