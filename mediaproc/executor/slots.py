"""The slots of an executor: a pool of threads, one for each attempt that may run at the same time."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Slots:
    """Daemon threads, which a pool of `concurrent.futures` has not: a job that hangs keeps no process alive.

    They live as long as the process: a child process dies with the thread that started it.
    """

    def __init__(self, count: int) -> None:
        """No thread is started before there is a job for it."""
        self._count = count
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, job: Callable[[], None]) -> None:
        """Run `job` in the next slot that is free; called by one thread at a time.

        Raises RuntimeError where no slot has a thread yet and the system starts none.
        """
        if len(self._threads) < self._count:
            self._start_one()
        self._jobs.put(job)

    def _start_one(self) -> None:
        thread = threading.Thread(target=self._work, name=f"slot-{len(self._threads)}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._threads:
                raise
            return  # the threads that there are take the job in turn
        self._threads.append(thread)

    def _work(self) -> None:
        while True:
            self._jobs.get()()
