from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.circuit_breaker import CircuitBreaker


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_waits_grow_to_half_a_minute_and_stay_there(jitters: list[float]) -> None:
    breaker, now = CircuitBreaker(), 100.0
    for failures, jitter in enumerate(jitters):
        breaker = breaker.failed(now, reason="away", jitter=jitter)
        wait = breaker.wait_left(now)
        # A little less or more: times are sums of floats.
        assert 0.5 * min(30, 2**failures) - 1e-9 <= wait <= min(30, 2**failures) + 1e-9
        assert not breaker.is_probe_due(now + wait / 2)
        now += wait + 1e-6
        assert breaker.is_probe_due(now)


def test_failures_of_work_begun_before_the_outage_lengthen_nothing() -> None:
    once = CircuitBreaker().failed(0.0, reason="away", jitter=1.0)
    again = once.failed(0.5, reason="still away", jitter=1.0)
    assert (again.failures, again.probe_at, again.reason) == (1, 1.0, "still away")


def test_a_closed_breaker_asks_for_no_probe() -> None:
    assert not CircuitBreaker().is_open
    assert not CircuitBreaker().is_probe_due(1e9)


def test_a_task_that_fails_the_part_on_trial_makes_the_next_wait_longer() -> None:
    once = CircuitBreaker().failed(0.0, reason="away", jitter=1.0)
    on_trial = once.on_trial()
    assert on_trial.is_open
    assert on_trial.is_on_trial
    twice = on_trial.failed(2.0, reason="away", jitter=1.0)
    assert (twice.wait_left(2.0), twice.is_on_trial) == (2.0, False)
