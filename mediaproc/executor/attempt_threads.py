"""A pool of threads, one for each attempt that an executor has at the same time."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class AttemptThreads:
    """Daemon threads, which a pool of `concurrent.futures` has not: a job that hangs keeps no process alive.

    They live as long as the process: a child process dies with the thread that started it.
    """

    def __init__(self, most: int) -> None:
        """No thread is started before there is a job for it that no other thread is free for."""
        self._most = most
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        # Jobs that were submitted and have not ended.
        self._open = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Run `job` in the next thread that is free; called by one thread at a time.

        Raises RuntimeError where there is no thread yet and the system starts none.
        """
        with self._lock:
            needs_thread = self._open >= len(self._threads)
        if needs_thread and len(self._threads) < self._most:
            self._start_one()
        with self._lock:
            self._open += 1
        self._jobs.put(job)

    def _start_one(self) -> None:
        thread = threading.Thread(target=self._work, name=f"attempt-{len(self._threads)}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._threads:
                raise
            return  # the threads that there are take the job in turn
        self._threads.append(thread)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            finally:
                with self._lock:
                    self._open -= 1
