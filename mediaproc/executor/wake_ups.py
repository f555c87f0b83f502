"""Wakes the executor when a task of its shard becomes due, instead of at the next tick."""

import threading
from collections.abc import Callable, Collection
from typing import Protocol

from mediaproc.core import backoff


class Owner(Protocol):
    """A shard; of one with automatic numbers, whatever they are now."""

    def owns(self, task_id: int) -> bool:
        """Whether the task is its own."""


class WakeUps:
    """One thread, apart from the one that listens, since a claim may take long.

    Nothing depends on it: with every notification lost, the tick finds the same tasks. `on_due` is `Executor.wake`,
    which returns whether it claimed anything.
    """

    def __init__(self, *, shard: Owner, on_due: Callable[[], bool]) -> None:
        self._shard = shard
        self._on_due = on_due
        self._due = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="wake-ups", daemon=True)

    def start(self) -> None:
        """Begin to wake the executor."""
        self._thread.start()

    def end(self) -> None:
        """Wake it no more."""
        self._ended.set()
        self._due.set()

    def notified(self, task_ids: Collection[int]) -> None:
        """These tasks have become due; those of other shards wake nobody here."""
        if any(map(self._shard.owns, task_ids)):
            self._due.set()

    def wake(self) -> None:
        """Something may have become due."""
        self._due.set()

    def _go_on(self) -> None:
        in_vain = 0
        while self._due.wait() and not self._ended.is_set():
            self._due.clear()
            if self._on_due():
                in_vain = 0
                continue
            self._ended.wait(backoff.WAKE_UP.ceiling(in_vain))
            in_vain = in_vain + 1 if self._due.is_set() else 0
