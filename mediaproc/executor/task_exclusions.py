"""Which tasks an executor leaves to others for a while: those that it gave back for what this node alone lacks."""

from mediaproc import clock

# Seconds that others need to see that a task of this shard is overdue, beside the time after which they steal.
_LONGER = 60.0


class TaskExclusions:
    """Left out of each claim for a while; a task that no other executor has taken by then may be claimed here again."""

    def __init__(self, *, steal_after: float) -> None:
        self._lasts = steal_after + _LONGER
        self._until: dict[int, float] = {}

    def leave(self, task_id: int, *, seconds: float | None = None) -> None:
        """Leave the task to others from now on, for a while."""
        lasts = self._lasts if seconds is None else seconds
        self._until = {**self._until, task_id: clock.elapsed() + lasts}

    @property
    def tasks(self) -> list[int]:
        """The ids of those that are left to others now."""
        now = clock.elapsed()
        self._until = {task_id: until for task_id, until in self._until.items() if now < until}
        return list(self._until)
