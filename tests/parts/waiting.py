"""Polling, for what sends no signal: a row, a process."""

import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

# Two minutes in all; the interval is in seconds.
_TRIES, _INTERVAL = 1200, 0.1


def until(poll: Callable[[], Answer | None]) -> Answer:
    """The first answer of `poll` that is true.

    Raises:
        TimeoutError: there was none for two minutes.
    """
    pause = threading.Event()
    for _ in range(_TRIES):
        if answer := poll():
            return answer
        pause.wait(_INTERVAL)
    raise TimeoutError
