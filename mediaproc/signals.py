"""What SIGTERM and Ctrl-C do to a process that runs for long; each signal is answered in a thread of its own."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import SimpleQueue
from types import FrameType


class Stop:
    """Told once, the executor drains; told twice, it releases at once what runs."""

    def __init__(self) -> None:
        self.drain = threading.Event()
        self.hurry = threading.Event()
        self.bug: BaseException | None = None

    def tell(self) -> None:
        """Take the next step: drain, then hurry."""
        if self.drain.is_set():
            self.hurry.set()
        self.drain.set()


def on_signals(stop: Stop) -> AbstractContextManager[None]:
    """SIGTERM and Ctrl-C tell `stop` inside the block; from the main thread only."""
    return answered(signal.SIGTERM, signal.SIGINT, by=stop.tell)


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
