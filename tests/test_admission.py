import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mediaproc import clock
from mediaproc.admission import MemoryBudget
from mediaproc.core.errors import ErrorClass, Stopped, Unavailable


def test_what_does_not_fit_beside_others_waits_until_they_give_back() -> None:
    budget, stop = MemoryBudget(1000), threading.Event()
    order: list[str] = []

    def second() -> None:
        with budget.reserve(500, stop=stop):
            order.append("second")

    with ThreadPoolExecutor(1) as threads:
        with budget.reserve(500, stop=stop):
            waiting = threads.submit(second)
            with budget.reserve(300, stop=stop):
                order.append("first")
            assert not waiting.done()
        waiting.result(timeout=30)
    assert order == ["first", "second"]


def test_a_large_one_is_passed_for_a_while_and_then_is_next(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [clock.elapsed()]
    monkeypatch.setattr("mediaproc.admission.clock.elapsed", lambda: now[0])
    budget, stop = MemoryBudget(1000), threading.Event()
    order: list[str] = []

    def enter(name: str, size: int) -> None:
        with budget.reserve(size, stop=stop):
            order.append(name)

    with ThreadPoolExecutor(2) as threads:
        with budget.reserve(500, stop=stop):
            large = threads.submit(enter, "large", 800)
            while not budget._waiting:  # noqa: SLF001 - nobody else can tell that it has come to wait
                pass
            enter("small while it may", 100)
            now[0] += 61
            late = threads.submit(enter, "small too late", 100)
            while len(budget._waiting) < 2:  # noqa: SLF001
                pass
            assert not late.done()
        large.result(timeout=30)
        late.result(timeout=30)
    assert order == ["small while it may", "large", "small too late"]


def test_who_waited_for_minutes_leaves_its_place_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the slot, and smaller transcodes behind it, would wait for as long as an encode takes."""
    now = [clock.elapsed()]
    monkeypatch.setattr("mediaproc.admission.clock.elapsed", lambda: now[0])
    budget, stop = MemoryBudget(1000), threading.Event()
    order: list[str] = []

    def enter(name: str, size: int) -> None:
        with budget.reserve(size, stop=stop):
            order.append(name)

    with ThreadPoolExecutor(2) as threads, budget.reserve(500, stop=stop):
        large = threads.submit(enter, "large", 800)
        while not budget._waiting:  # noqa: SLF001 - nobody else can tell that it has come to wait
            pass
        now[0] += 61
        small = threads.submit(enter, "small", 100)
        while len(budget._waiting) < 2:  # noqa: SLF001
            pass
        assert not small.done()
        now[0] += 120
        with pytest.raises(Unavailable, match="another node may take it") as error:
            large.result(timeout=30)
        small.result(timeout=30)
    assert error.value.error_class is ErrorClass.MEMORY_TAKEN
    assert order == ["small"]


def test_what_never_fits_is_told_at_once() -> None:
    with (
        pytest.raises(Unavailable, match="a larger node may take it") as error,
        MemoryBudget(1000).reserve(900, stop=threading.Event()),
    ):
        pass
    assert error.value.error_class is ErrorClass.NODE_TOO_SMALL


def test_a_stop_ends_the_wait() -> None:
    budget, stop = MemoryBudget(1000), threading.Event()
    with budget.reserve(800, stop=stop), ThreadPoolExecutor(1) as threads:

        def wait() -> None:
            with budget.reserve(1, stop=stop):
                pass

        waiting = threads.submit(wait)
        stop.set()
        with pytest.raises(Stopped):
            waiting.result(timeout=30)


def test_a_probe_ahead_waits_in_nobodys_way_and_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [clock.elapsed()]
    monkeypatch.setattr("mediaproc.admission.clock.elapsed", lambda: now[0])
    budget, stop, waits = MemoryBudget(1000), threading.Event(), threading.Event()
    order: list[str] = []

    def probe() -> None:
        with budget.reserve_patiently(300, stop=stop, on_wait=waits.set):
            order.append("probe")

    with ThreadPoolExecutor(1) as threads:
        with budget.reserve(600, stop=stop):
            waiting = threads.submit(probe)
            assert waits.wait(30)
            now[0] += 3600
            with budget.reserve(100, stop=stop):
                order.append("another encode")
            assert not waiting.done()
        waiting.result(timeout=30)
    assert order == ["another encode", "probe"]


def test_a_probe_ahead_stops_waiting_when_it_is_told_to() -> None:
    budget, stop = MemoryBudget(1000), threading.Event()
    with (
        budget.reserve(700, stop=threading.Event()),
        pytest.raises(Stopped),
        budget.reserve_patiently(300, stop=stop, on_wait=stop.set),
    ):
        raise AssertionError
