"""How the attempts of an executor that drains come to their end: by themselves, released, or left to their leases."""

import threading
from collections.abc import Iterable

from mediaproc import clock
from mediaproc.core.stop_reason import StopReason
from mediaproc.executor.attempt_registry import AttemptRegistry
from mediaproc.executor.running_attempt import RunningAttempt

# Seconds after the grace. By the first moment a database that answers slowly has released the killed attempts; by the
# second the attempts that still wait for it have given up; by the third the drain is over, whatever hangs. The process
# has ten seconds for all of its end, of which its connections and its log's reader may take the rest.
_RELEASED_BY, _GIVEN_UP_BY, _OVER_BY = 4.0, 4.5, 5.5

# Seconds between two looks at whether an attempt has come to wait for a slot.
_LOOK_EVERY = 0.25


def end_attempts(attempts: AttemptRegistry, *, grace: float, hurry: threading.Event, give_up: threading.Event) -> float:
    """Let what runs end within `grace` seconds, or until `hurry` is set; then kill it and have it released unharmed.

    What waits for its first encode is released at once: another executor may begin it now.

    `give_up` is set when there is no more time for the attempts that wait for the database. Returns the moment (by
    `clock.elapsed`) at which the whole drain must be over.
    """
    try:
        _let_end(attempts, grace=grace, hurry=hurry)
    finally:
        grace_over_at = clock.elapsed()
        _tell_to_stop(attempts.all())
        attempts.wait_for_none(seconds=left_until(grace_over_at + _RELEASED_BY), unless=None)
        give_up.set()
        attempts.wait_for_none(seconds=left_until(grace_over_at + _GIVEN_UP_BY), unless=None)
        for one in attempts.all():
            one.log.warning(
                "left_hanging", stage=one.stage, consequence="compensation gives the task to another after its lease"
            )
    return grace_over_at + _OVER_BY


def _let_end(attempts: AttemptRegistry, *, grace: float, hurry: threading.Event) -> None:
    ends_at = clock.elapsed() + grace
    while (running := attempts.all()) and left_until(ends_at) and not hurry.is_set():
        _tell_to_stop(one for one in running if one.waits_unbegun)
        attempts.wait_for_none(seconds=min(_LOOK_EVERY, left_until(ends_at)), unless=hurry)


def _tell_to_stop(attempts: Iterable[RunningAttempt]) -> None:
    for one in attempts:
        if one.tell_to_stop(StopReason.DRAINED):
            one.log.info("told_to_stop", stage=one.stage, reason=str(StopReason.DRAINED))


def left_until(moment: float) -> float:
    """Seconds until `moment` (by `clock.elapsed`); 0 when it has passed."""
    return max(0.0, moment - clock.elapsed())
