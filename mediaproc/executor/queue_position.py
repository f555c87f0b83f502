"""How far an executor has looked through one queue of due tasks since the latest tick or notification."""

from collections.abc import Collection, Sequence

from mediaproc.core.task import ClaimedTask
from mediaproc.db.tasks.looks import Look, Whose


class QueuePosition:
    """At its front, behind the task that this executor claimed last, or at its end.

    What becomes due meanwhile is told by a notification, or found by the next tick: so a queue that was at its end is
    not looked at again until then, and what was passed on the way to the latest task is not walked over again.
    """

    def __init__(self, *, whose: Whose, due_for: float = 0.0, only: Collection[int] | None = None) -> None:
        self._whose = whose
        self._due_for = due_for
        self._only = only
        self._latest: ClaimedTask | None = None
        self.is_at_its_end = False

    @property
    def goes_on(self) -> bool:
        """Whether the next look begins behind the latest task."""
        return self._latest is not None

    def begin_at_the_front(self) -> None:
        """Look for everything again."""
        self._latest = None
        self.is_at_its_end = False

    def look(self) -> Look:
        """The next look at this queue."""
        return Look(whose=self._whose, due_for=self._due_for, after=self._latest, only=self._only)

    def looked(self, found: Sequence[ClaimedTask], *, left_room: bool) -> None:
        """The look found these; `left_room`: it would have found more, had there been any."""
        if not left_room:
            self._latest = found[-1] if found else self._latest
        elif self.goes_on:
            # Nothing follows it; what came since the tick may stand before it.
            self._latest = None
        else:
            self.is_at_its_end = True
