"""The stages of one attempt: each is timed, told to the observer, and entered only while the attempt may go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mediaproc import clock
from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.core.errors import Stopped
from mediaproc.core.stage import Stage
from mediaproc.core.wait import Wait

# Seconds that a stage may take, plus a second for each of these bytes: the slowest transfer that is still one.
_STAGE_ALLOWANCE = 120.0
_SLOWEST_TRANSFER = 64 * 1024


class AttemptStages:
    """For one attempt; `seconds` are those of each stage so far, without the waits between them."""

    def __init__(self, observer: AttemptObserver) -> None:
        self._observer = observer
        self.seconds: dict[str, float] = {}
        # The end of the latest log of an ffmpeg that wrote one.
        self.log_tail = ""

    @property
    def seconds_spent(self) -> float:
        """The seconds of all stages so far."""
        return sum(self.seconds.values())

    @contextmanager
    def stage(self, stage: Stage, *, size: int = 0, allowance: float = 0.0) -> Iterator[None]:
        """Inside the block the attempt is in the stage, which moves `size` bytes and may take `allowance` s beside.

        Raises:
            Stopped: the attempt was told to stop before.
        """
        if self._observer.stop.is_set():
            raise Stopped(f"told to stop before {stage}")
        self._observer.enter_stage(stage, allowance=_STAGE_ALLOWANCE + size / _SLOWEST_TRANSFER + allowance)
        begun = clock.elapsed()
        try:
            yield
        finally:
            self._observer.leave_stage()
            self.seconds[stage] = self.seconds.get(stage, 0.0) + clock.elapsed() - begun

    def note_log(self, log_tail: str) -> None:
        """Keep the end of a log, if it says anything."""
        self.log_tail = log_tail or self.log_tail


def await_room(folder: Path, size: int, *, held: int, context: AttemptContext, observer: AttemptObserver) -> None:
    """Have so many bytes promised to the attempt's folder, beside those that it holds; the observer is told of a wait.

    Raises:
        AttemptFailed, Unavailable, Stopped: as `DiskRoom.promise`.
    """
    on_wait = partial(observer.begin_wait, Wait.DISK)
    try:
        context.room.promise(folder, size, held=held, stop=observer.stop, on_wait=on_wait)
    finally:
        observer.end_wait()
