"""The attempts that run in an executor's slots at this moment."""

import threading
from collections.abc import Collection, Sequence
from uuid import UUID

from mediaproc import clock
from mediaproc.executor.running_attempt import RunningAttempt


class AttemptRegistry:
    """By their claim tokens; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: dict[UUID, RunningAttempt] = {}

    def all(self) -> Sequence[RunningAttempt]:
        """All that run now."""
        with self._changed:
            return list(self._running.values())

    def tokens(self) -> list[UUID]:
        """The claim tokens of all that run now."""
        with self._changed:
            return list(self._running)

    def add(self, one: RunningAttempt) -> None:
        """The attempt has begun."""
        with self._changed:
            self._running[one.task.claim_token] = one

    def remove(self, claim_tokens: Collection[UUID]) -> None:
        """These attempts have ended, or never began."""
        with self._changed:
            for claim_token in claim_tokens:
                self._running.pop(claim_token, None)
            self._changed.notify_all()

    def wait_for_none(self, *, seconds: float, unless: threading.Event | None) -> None:
        """Wait until no attempt runs any more, `seconds` are over, or the event is set."""
        ends_at = clock.elapsed() + seconds
        with self._changed:
            while self._running and clock.elapsed() < ends_at and not (unless and unless.is_set()):
                # The event has no way to wake a condition; a quarter of a second is soon enough for a person.
                self._changed.wait(min(0.25, max(0.0, ends_at - clock.elapsed())))
