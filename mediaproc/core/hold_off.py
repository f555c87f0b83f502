"""How long no executor is judged after the database itself came back, and why: living ones renew their leases first."""

from enum import StrEnum

# Within one lease every living executor has renewed, or has found that its claim is lost.
_LEASES = 1


class HoldOff(StrEnum):
    """Why a pass fails no task: living executors could not renew their leases, and get the time to do so first."""

    OUT_OF_REACH = "the database was out of reach less than a lease ago"
    STARTED = "the database was started less than a lease ago"


def hold_off(*, lease: float) -> float:
    """Seconds of the hold-off for a lease of so many seconds."""
    return _LEASES * lease
