"""Wait for what sends no signal: a row, a process."""

import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

_LOOKS, _PAUSE = 1200, 0.1


def until(look: Callable[[], Answer | None]) -> Answer:
    """What it saw, once that is something.

    Raises:
        TimeoutError: it saw nothing for two minutes.
    """
    pause = threading.Event()
    for _ in range(_LOOKS):
        if seen := look():
            return seen
        pause.wait(_PAUSE)
    raise TimeoutError
