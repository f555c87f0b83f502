"""What an executor knows of the pauses: why it claims nothing, and that it may claim again.

The claim itself leaves out what is paused (`db/tasks/paused_tasks.py`): here are only the words, and the wake-up.
"""

from collections.abc import Callable, Collection
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc.core.pause import Pause, pause_of_executor


class Pausing:
    """Told by one thread, asked by many; `on_change` is called when this executor is paused, or no longer."""

    def __init__(
        self,
        *,
        executor_id: UUID,
        profiles: Collection[str],
        only: Collection[int],
        on_change: Callable[[], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._executor_id = executor_id
        self._profiles = profiles
        self._only = only
        self._on_change = on_change
        self._log = log
        self._pauses: frozenset[Pause] = frozenset()
        self._own: Pause | None = None

    @property
    def paused_for(self) -> str | None:
        """The sentence of the pause for which this executor claims nothing at all; None where there is none."""
        own = self._own
        return None if own is None else str(own)

    def apply(self, pauses: Collection[Pause]) -> bool:
        """These are in force now; returns whether another one no longer is, so that something may be due."""
        lifted = self._pauses - frozenset(pauses)
        before, self._pauses = self._own, frozenset(pauses)
        self._own = pause_of_executor(pauses, executor_id=self._executor_id, profiles=self._profiles, only=self._only)
        if self._own is not None and self._own != before:
            self._log.warning("paused", reason=str(self._own))
        if self._own is None and before is not None:
            self._log.info("resumed", was=str(before))
        if (self._own is None) != (before is None):
            self._on_change()
        return bool(lifted)
