"""Calls a function on a signal, in a thread of its own."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType


@contextmanager
def answered(*numbers: signal.Signals, by: Callable[[], None]) -> Iterator[None]:
    """Each of the signals calls `by` inside the block, one after another; to be entered from the main thread only.

    Python runs a signal's handler in the main thread, also while that holds a lock: a handler that sets the very event
    that the main thread waits for may wait for ever. This one only puts into a queue, which takes no lock.
    """
    heard: SimpleQueue[int | None] = SimpleQueue()

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.put(number)

    def answer() -> None:
        while heard.get() is not None:
            by()

    thread = threading.Thread(target=answer, name="signals", daemon=True)
    thread.start()
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        heard.put(None)
        thread.join()
