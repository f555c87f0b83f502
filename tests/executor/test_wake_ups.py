from hypothesis import given, settings
from hypothesis import strategies as st

from mediaproc.executor.wake_ups import pause_before_next_try


def test_a_listener_that_was_lost_is_opened_again_at_once() -> None:
    assert pause_before_next_try(0, jitter=0.9) == 0
    assert pause_before_next_try(1, jitter=0.9) == 0
    assert pause_before_next_try(2, jitter=0.5) == 0.2


@settings(deadline=None)  # a busy machine is no failure
@given(failures=st.integers(2, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_later_tries_are_paused_for_but_never_for_long(failures: int, jitter: float) -> None:
    assert 0.1 <= pause_before_next_try(failures, jitter=jitter) <= 7.5
