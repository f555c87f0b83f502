"""A question that may take long: it is asked seldom, in a thread of its own, and nobody waits for long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Generic, TypeVar

from mediaproc import clock
from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.daemon_thread import run_in_daemon_thread

Answered = TypeVar("Answered")


class SlowQuestion(Generic[Answered]):
    """Asked at most once every `every` seconds, and never again before it was answered; thread-safe."""

    def __init__(self, ask: Callable[[], Answered], *, about: str, every: float, longest_wait: float) -> None:
        """`about` is what does not answer, in the sentence that says so."""
        self._ask = ask
        self._about = about
        self._every = every
        self._longest_wait = longest_wait
        self._lock = threading.Lock()
        self._asked: Future[Answered] | None = None
        self._asked_at = 0.0

    def answer(self) -> Answered:
        """The latest answer, at most `every` seconds old; what the question raises is raised here.

        Raises:
            Unavailable: there is none after `longest_wait` seconds.
        """
        asked = self._latest()
        if not wait([asked], timeout=self._longest_wait).done:
            raise self._silent()
        return asked.result()

    def begin(self) -> None:
        """Ask, if it is time to, without a wait for the answer."""
        with suppress(Unavailable):
            self._latest()

    def _latest(self) -> Future[Answered]:
        with self._lock:
            now = clock.elapsed()
            is_old = now - self._asked_at >= self._every
            if self._asked is None or (is_old and self._asked.done()):
                try:
                    self._asked = run_in_daemon_thread(self._ask, name=f"ask-{self._about.replace(' ', '-')}")
                except RuntimeError:
                    raise self._silent() from None
                self._asked_at = now
            return self._asked

    def _silent(self) -> Unavailable:
        return Unavailable(
            f"The {self._about} has not answered for {self._longest_wait:g} s.",
            error_class=ErrorClass.DATABASE_UNAVAILABLE,
        )
