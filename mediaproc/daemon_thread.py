"""Jobs in threads that nothing has to wait for: whatever hangs in one, the process can end."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Answer = TypeVar("Answer")


def run_in_daemon_thread(job: Callable[[], Answer], *, name: str) -> Future[Answer]:
    """Run `job` in a daemon thread of its own; the future tells what it returned or raised.

    The threads of `concurrent.futures` are no daemons: Python waits for each of them before it ends.

    Raises RuntimeError where the system starts no more threads.
    """
    told: Future[Answer] = Future()

    def run() -> None:
        try:
            told.set_result(job())
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            told.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return told
