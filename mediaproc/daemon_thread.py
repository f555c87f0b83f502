"""Runs a function in a daemon thread: even if it hangs, the process can end."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Answer = TypeVar("Answer")


def run_in_daemon_thread(job: Callable[[], Answer], *, name: str) -> Future[Answer]:
    """Runs `job` in a daemon thread of its own; the future has its result or its exception.

    The threads of `concurrent.futures` are no daemons: Python waits for each of them before it ends.

    Raises RuntimeError where the system starts no more threads.
    """
    result: Future[Answer] = Future()

    def run() -> None:
        try:
            result.set_result(job())
        except BaseException as error:  # noqa: BLE001 - the future raises it again for its caller
            result.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return result
