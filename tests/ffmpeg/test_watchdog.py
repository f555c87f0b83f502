"""A child that makes no progress, takes too long or is told to stop is ended, in time and in the right way."""

import math
import signal
import threading
from itertools import count

import pytest

from mediaproc.ffmpeg import watchdog
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.watchdog import Cause, WatchdogLimits
from tests.ffmpeg.shell_child import AWAIT_START, shell

IGNORES_SIGTERM = "trap '' TERM; echo ready; while :; do sleep 1000; done"


class Stuck:
    """A child that makes progress until it says something, and none from then on; told to stop once it says `then`."""

    def __init__(self, script: str, *, then: bytes | None = None) -> None:
        self._then, self._stop = then, threading.Event()
        self._pulse = count()
        self._said = b""
        limits = WatchdogLimits(wall=60, stall=0.2, pulse=lambda: self._said or next(self._pulse))
        command = [*AWAIT_START, "/bin/sh", "-c", script]
        self.ended = run(command, limits=limits, stop=self._stop, on_output=self._hear)

    def _hear(self, chunk: bytes) -> None:
        if self._then is not None and self._then in chunk:
            self._stop.set()
        self._said = self._said or chunk


def test_a_stuck_child_is_told_to_end_before_it_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_TERM_GRACE", math.inf)
    ended = Stuck("trap 'echo its last words >&2; exit 1' TERM; echo ready; sleep 1000 & wait").ended
    assert ended.cause is Cause.STALLED
    assert ended.log_tail == "its last words"


def test_a_stuck_child_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_TERM_GRACE", 0.2)
    ended = Stuck(IGNORES_SIGTERM).ended
    assert ended.cause is Cause.STALLED
    assert ended.signal == signal.SIGKILL


def test_a_child_that_is_told_to_stop_has_no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's output is thrown away, and its lease may be about to end."""
    monkeypatch.setattr(watchdog, "_TERM_GRACE", math.inf)
    ended = Stuck(IGNORES_SIGTERM, then=b"ready").ended
    assert ended.cause is Cause.STOPPED
    assert ended.signal == signal.SIGKILL


def test_a_stuck_child_loses_its_grace_when_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_TERM_GRACE", math.inf)
    ended = Stuck("trap 'echo told' TERM; echo ready; while :; do sleep 0.1; done", then=b"told").ended
    assert ended.cause is Cause.STALLED
    assert ended.signal == signal.SIGKILL


def test_a_child_without_progress_is_ended() -> None:
    ended, _ = shell("sleep 1000", limits=WatchdogLimits(wall=60, stall=0.2))
    assert ended.cause is Cause.STALLED


def test_progress_keeps_the_stall_limit_away() -> None:
    pulse = count()
    ended, _ = shell("sleep 0.6", limits=WatchdogLimits(wall=60, stall=0.3, pulse=lambda: next(pulse)))
    assert ended.cause is None
    assert ended.code == 0


def test_a_child_that_takes_too_long_is_ended() -> None:
    ended, _ = shell("sleep 1000", limits=WatchdogLimits(wall=0.2))
    assert ended.cause is Cause.TIMED_OUT


def test_a_child_that_closed_its_pipes_is_still_watched() -> None:
    ended, _ = shell("exec >&- 2>&-; sleep 1000", limits=WatchdogLimits(wall=0.3))
    assert ended.cause is Cause.TIMED_OUT
