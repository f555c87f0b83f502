"""How many requests a caller may make in a while."""

import pytest

from mediaproc import clock
from mediaproc.web.rate import Rate


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock's only reading, which the test moves."""
    reading = [1000.0]
    monkeypatch.setattr(clock, "elapsed", lambda: reading[0])
    return reading


def test_a_burst_goes_through_and_then_as_many_as_fit_the_time(now: list[float]) -> None:
    rate = Rate(per_second=2, burst=3)
    assert [rate.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] += 0.5
    assert [rate.wait("a"), rate.wait("a")] == [0, 0.5]
    now[0] += 100
    assert [rate.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_each_caller_has_a_rate_of_its_own(now: list[float]) -> None:
    del now
    rate = Rate(per_second=1, burst=1)
    assert [rate.wait("a"), rate.wait("a"), rate.wait("b")] == [0, 1, 0]


def test_callers_of_long_ago_are_forgotten_and_the_others_are_not(now: list[float]) -> None:
    rate = Rate(per_second=1, burst=1)
    for number in range(9_999):
        rate.wait(str(number))
    now[0] += 10
    assert rate.wait("recent") == 0
    assert rate.wait("one more") == 0
    assert rate.wait("recent") == 1
    assert len(rate._full_at) == 2  # noqa: SLF001 - what is remembered is the promise
