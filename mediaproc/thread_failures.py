"""A thread that dies of a bug drains its executor: without a heartbeat that would only seem alive."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from structlog.typing import FilteringBoundLogger

from mediaproc.signals import Stop


@contextmanager
def drained_by_thread_failures(stop: Stop, *, log: FilteringBoundLogger) -> Iterator[None]:
    """Inside the block a bug in any thread tells `stop`; the end of the block raises it again.

    The process so ends with the bug, and its supervisor starts a new one.
    """

    def died(thread: threading.ExceptHookArgs) -> None:
        stop.bug = thread.exc_value
        stop.drain.set()
        log.error("bug", thread=thread.thread.name if thread.thread else None, exc_info=thread.exc_value)

    before, threading.excepthook = threading.excepthook, died
    try:
        yield
    finally:
        threading.excepthook = before
    if stop.bug is not None:
        raise stop.bug
