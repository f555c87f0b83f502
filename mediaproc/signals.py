"""Signals that are answered by a thread of their own."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType


@contextmanager
def answered(*numbers: signal.Signals, by: Callable[[], None]) -> Iterator[None]:
    """Each of the signals calls `by` inside the block, one after another; from the main thread only.

    A handler runs in the midst of whatever the main thread does, also while that holds a lock: setting the very event
    that the main thread waits for may then wait for ever. Putting into this queue needs no lock.
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
