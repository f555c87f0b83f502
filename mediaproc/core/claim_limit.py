"""How many tasks an executor may have beside those that encode: the next ones, so that no slot waits for a download."""


def most_attempts(slots: int) -> int:
    """How many attempts an executor has at the most: encoding, ahead of their encodes, and behind them."""
    return 4 * slots + 1


def claims_allowed(*, slots: int, encoding: int, not_behind: int, behind: int) -> int:
    """For how many tasks to claim now.

    `encoding` attempts have a slot, `not_behind` are not past their encode (those that encode too), `behind` verify,
    upload or settle.

    Each encode that runs allows one attempt ahead of it: an executor that has just begun claims for its slots alone, so
    that the others get their share of a short queue. Where all of several slots encode, one more is allowed: by that
    one the executor knows that the queue goes on when it decides on the threads of the next encode.

    The attempts behind are bounded too: where the store is slower than the encodes, the encodes wait for it.
    """
    knows_its_end = 1 if 1 < slots == encoding else 0
    not_behind_at_most = slots + encoding + knows_its_end
    return max(0, min(not_behind_at_most - not_behind, most_attempts(slots) - not_behind - behind))
