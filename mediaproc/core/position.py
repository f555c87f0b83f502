"""The order in which tasks are claimed, as numbers: fair between tenants, in seconds of one slot's work.

This is start-time fair queueing: no clock is in it, nothing is sorted anew, and neither a tenant nor a low priority
waits for ever.
"""

# Seconds of work that a step of priority is a head start of.
HEAD_START = 60.0

# The least that a task counts for (s): with less, a tenant of many tiny files would take whole slots for nothing.
LEAST_COST = 1.0


def next_start(*, virtual_now: float, last_start: float, last_cost: float, weight: float) -> float:
    """Where a tenant's next task starts: behind its last one, and never before now.

    So who comes back after a pause has saved nothing up, and a tenant of weight 2 gets twice as much done.
    """
    return max(virtual_now, last_start + last_cost / weight)


def position(*, start: float, priority: int) -> float:
    """The task's place; the least one is claimed next."""
    return start - priority * HEAD_START
