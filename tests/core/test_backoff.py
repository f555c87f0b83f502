import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.backoff import delay


@pytest.mark.parametrize(
    ("fail_count", "jitter", "expected"),
    [
        (1, 1.0, 10.0),
        (2, 1.0, 20.0),
        (3, 1.0, 40.0),
        (1, 0.0, 1.0),
        (2, 0.5, 11.0),
        (30, 1.0, 3600.0),
        (10**6, 1.0, 3600.0),
    ],
)
def test_the_delay_is_exact_given_the_jitter(fail_count: int, jitter: float, expected: float) -> None:
    assert delay(fail_count, base=10, cap=3600, jitter=jitter) == pytest.approx(expected)


@given(st.integers(1, 10_000), st.floats(0.001, 1e6), st.floats(0, 1e6), st.floats(0, 1))
def test_the_delay_never_exceeds_cap_and_is_never_nothing(
    fail_count: int, base: float, more: float, jitter: float
) -> None:
    cap = base + more
    found = delay(fail_count, base=base, cap=cap, jitter=jitter)
    assert 0 < found <= cap * (1 + 1e-9)


@given(st.integers(1, 40), st.floats(0, 1))
def test_more_strikes_never_shorten_the_delay(fail_count: int, jitter: float) -> None:
    one = delay(fail_count, base=10, cap=3600, jitter=jitter)
    assert delay(fail_count + 1, base=10, cap=3600, jitter=jitter) >= one
