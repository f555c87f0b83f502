"""As many encodes as there are slots; the others wait by position, and stop waiting when they are told to."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mediaproc.core.errors import Stopped
from mediaproc.slots import Slots

PATIENCE = 60.0


def never() -> None:
    raise AssertionError("it had to wait")


class Encodes:
    """Encodes that take a slot each and hold it until they are told to end; `begun` has their names in order."""

    def __init__(self, slots: Slots, threads: ThreadPoolExecutor) -> None:
        self._slots, self._threads = slots, threads
        self._begun = threading.Semaphore(0)
        self.begun: list[str] = []

    def wait_in_line(self, name: str, *, position: float = 0) -> Callable[[], None]:
        """Returns once it waits; the answer ends it and waits for that."""
        waits, may_end = threading.Event(), threading.Event()

        def encode() -> None:
            with self._slots.take(position=position, stop=threading.Event(), on_wait=waits.set):
                self.begun.append(name)
                self._begun.release()
                may_end.wait(PATIENCE)

        encoding = self._threads.submit(encode)
        assert waits.wait(PATIENCE)

        def end() -> None:
            may_end.set()
            encoding.result(PATIENCE)

        return end

    def wait_for_next(self) -> None:
        assert self._begun.acquire(timeout=PATIENCE)


def test_an_encode_begins_at_once_while_a_slot_is_free() -> None:
    slots = Slots(2)
    with slots.take(position=0, stop=threading.Event(), on_wait=never):
        assert slots.taken == 1
        with slots.take(position=0, stop=threading.Event(), on_wait=never):
            assert slots.taken == 2
    assert slots.taken == 0


def test_those_that_wait_get_the_slot_by_position_and_then_in_their_order() -> None:
    slots = Slots(1)
    with ThreadPoolExecutor(4) as threads:
        encodes = Encodes(slots, threads)
        with slots.take(position=0, stop=threading.Event(), on_wait=never):
            first, second = encodes.wait_in_line("first"), encodes.wait_in_line("second")
            urgent = encodes.wait_in_line("urgent", position=-5)
            assert encodes.begun == []
        for end in (urgent, first, second):
            encodes.wait_for_next()
            end()
    assert encodes.begun == ["urgent", "first", "second"]


def test_who_is_told_to_stop_leaves_the_line_to_those_behind() -> None:
    slots, stop, waits = Slots(1), threading.Event(), threading.Event()

    def wait_in_vain() -> None:
        with slots.take(position=-9, stop=stop, on_wait=waits.set):
            raise AssertionError("it had a slot")

    with ThreadPoolExecutor(2) as threads:
        encodes = Encodes(slots, threads)
        with slots.take(position=0, stop=threading.Event(), on_wait=never):
            stopped = threads.submit(wait_in_vain)
            assert waits.wait(PATIENCE)
            behind = encodes.wait_in_line("behind")
            stop.set()
            with pytest.raises(Stopped):
                stopped.result(PATIENCE)
        encodes.wait_for_next()
        behind()


def test_an_encode_that_fails_gives_its_slot_back() -> None:
    slots = Slots(1)
    with pytest.raises(ZeroDivisionError), slots.take(position=0, stop=threading.Event(), on_wait=never):
        raise ZeroDivisionError
    with slots.take(position=0, stop=threading.Event(), on_wait=never):
        pass
