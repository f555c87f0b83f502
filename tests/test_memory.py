import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped
from mediaproc.memory import MemoryBudget


def test_what_does_not_fit_beside_others_waits_until_they_give_back() -> None:
    budget, stop = MemoryBudget(1000), threading.Event()
    order: list[str] = []

    def second() -> None:
        with budget.room_for(500, stop=stop):
            order.append("second")

    with ThreadPoolExecutor(1) as threads:
        with budget.room_for(500, stop=stop):
            waiting = threads.submit(second)
            with budget.room_for(300, stop=stop):
                order.append("first")
            assert not waiting.done()
        waiting.result(timeout=30)
    assert order == ["first", "second"]


def test_what_never_fits_is_told_at_once() -> None:
    with (
        pytest.raises(AttemptFailed, match="run it on a larger node") as error,
        MemoryBudget(1000).room_for(900, stop=threading.Event()),
    ):
        pass
    assert error.value.error_class is ErrorClass.OUT_OF_MEMORY


def test_a_stop_ends_the_wait() -> None:
    budget, stop = MemoryBudget(1000), threading.Event()
    with budget.room_for(800, stop=stop), ThreadPoolExecutor(1) as threads:

        def wait() -> None:
            with budget.room_for(1, stop=stop):
                pass

        waiting = threads.submit(wait)
        stop.set()
        with pytest.raises(Stopped):
            waiting.result(timeout=30)
