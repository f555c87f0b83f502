"""Claims for what has become free, in a thread of its own: no attempt waits for the claim of another task."""

import threading
from collections.abc import Callable


class Refilling:
    """One thread that calls `fill` when it is asked to; what is asked while it claims is done once more after that."""

    def __init__(self, fill: Callable[[], object]) -> None:
        self._fill = fill
        self._asked = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="refilling", daemon=True)

    def start(self) -> None:
        """Begin to claim when asked."""
        self._thread.start()

    def ask(self) -> None:
        """Something has become free."""
        self._asked.set()

    def end(self) -> None:
        """Claim no more."""
        self._ended.set()
        self._asked.set()

    def _go_on(self) -> None:
        while self._asked.wait() and not self._ended.is_set():
            self._asked.clear()
            self._fill()
