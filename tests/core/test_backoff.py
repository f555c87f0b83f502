import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.backoff import (
    DATABASE_ANSWER,
    LISTENER,
    PART_PROBE,
    START,
    TASK_RELEASE,
    WAKE_UP,
    Backoff,
    node_failure,
    task_failure,
)

TASK_FAILURE = task_failure(base=10, cap=3600)
NODE_FAILURE = node_failure(TASK_FAILURE)


@pytest.mark.parametrize(
    ("policy", "tries", "shortest", "longest"),
    [
        (TASK_FAILURE, 0, 1.0, 10.0),
        (TASK_FAILURE, 1, 2.0, 20.0),
        (TASK_FAILURE, 2, 4.0, 40.0),
        (TASK_FAILURE, 29, 360.0, 3600.0),
        (TASK_FAILURE, 10**6, 360.0, 3600.0),
        (NODE_FAILURE, 0, 5.0, 10.0),
        (NODE_FAILURE, 9, 1800.0, 3600.0),
        (TASK_RELEASE, 0, 0.5, 1.0),
        (TASK_RELEASE, 8, 128.0, 256.0),
        (TASK_RELEASE, 200, 150.0, 300.0),
        (PART_PROBE, 0, 0.5, 1.0),
        (PART_PROBE, 5, 15.0, 30.0),
        (START, 0, 0.5, 1.0),
        (START, 5, 15.0, 30.0),
        (DATABASE_ANSWER, 0, 0.5, 0.5),
        (DATABASE_ANSWER, 4, 5.0, 5.0),
        (LISTENER, 0, 0.0, 0.0),
        (LISTENER, 1, 0.0, 0.0),
        (LISTENER, 2, 0.1, 0.3),
        (LISTENER, 10_000, 2.5, 7.5),
        (WAKE_UP, 0, 0.05, 0.05),
        (WAKE_UP, 10, 1.0, 1.0),
    ],
)
def test_each_policy_waits_between_two_bounds(policy: Backoff, tries: int, shortest: float, longest: float) -> None:
    assert policy.delay(tries, jitter=0.0) == pytest.approx(shortest)
    assert policy.delay(tries, jitter=1.0) == pytest.approx(longest)


def test_the_jitter_is_spread_evenly() -> None:
    assert TASK_FAILURE.delay(1, jitter=0.5) == pytest.approx(11.0)
    assert PART_PROBE.delay(1, jitter=0.5) == pytest.approx(1.5)
    assert LISTENER.delay(2, jitter=0.5) == pytest.approx(0.2)


@given(st.integers(0, 10_000), st.floats(0.001, 1e6), st.floats(0, 1e6), st.floats(0, 1))
def test_the_delay_never_exceeds_cap_and_is_never_nothing(tries: int, base: float, more: float, jitter: float) -> None:
    cap = base + more
    found = task_failure(base=base, cap=cap).delay(tries, jitter=jitter)
    assert 0 < found <= cap * (1 + 1e-9)


@given(st.sampled_from([TASK_FAILURE, TASK_RELEASE, PART_PROBE, LISTENER]), st.integers(0, 40), st.floats(0, 1))
def test_more_tries_never_shorten_the_delay(policy: Backoff, tries: int, jitter: float) -> None:
    assert policy.delay(tries + 1, jitter=jitter) >= policy.delay(tries, jitter=jitter)
