"""Ask a database that is away again and again, with growing pauses, until it answers."""

import threading
from collections.abc import Callable
from typing import TypeVar

from mediaproc.core.backoff import DATABASE_ANSWER
from mediaproc.core.errors import PartMissing, Unavailable

Answer = TypeVar("Answer")


def retry_until_answered(
    first: Callable[[], Answer],
    *,
    again: Callable[[], Answer],
    give_up: threading.Event,
    on_failure: Callable[[Unavailable | PartMissing, float], None],
) -> Answer | None:
    """What the database answers to `first`, or, once it has failed, to `again`; None when `give_up` is set first.

    `on_failure` is told each failure and the seconds until the next try. A database that refuses, such as for a
    password that was changed, is asked again like one that is away: neither is the task's fault.
    """
    ask, failures = first, 0
    while True:
        try:
            return ask()
        except (Unavailable, PartMissing) as error:
            ask = again
            pause = DATABASE_ANSWER.ceiling(failures)
            on_failure(error, pause)
            if give_up.wait(pause):
                return None
            failures += 1
