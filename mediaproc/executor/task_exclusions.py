"""Which tasks an executor leaves to others for a while: those that it gave back for what this node alone lacks."""

from mediaproc import clock

# What others need to see that a task of this shard is overdue, beside the time after which they steal (s).
_LONGER = 60.0


class TaskExclusions:
    """Asked before each claim; a task that nobody else takes meanwhile may be claimed again."""

    def __init__(self, *, steal_after: float) -> None:
        self._lasts = steal_after + _LONGER
        self._until: dict[int, float] = {}

    def leave(self, task_id: int) -> None:
        """From now on, for a while."""
        self._until = {**self._until, task_id: clock.elapsed() + self._lasts}

    @property
    def tasks(self) -> list[int]:
        """The ids of those that are left to others now."""
        now = clock.elapsed()
        self._until = {task_id: until for task_id, until in self._until.items() if now < until}
        return list(self._until)
