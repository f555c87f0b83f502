"""What the tests of an executor's parts have in common."""

from collections.abc import Callable

import pytest

from mediaproc import clock


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let so many seconds go by, for the backpressure and for all that asks the steady clock."""
    now = [clock.elapsed()]
    monkeypatch.setattr("mediaproc.executor.backpressure.clock.elapsed", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes
