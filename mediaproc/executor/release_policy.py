"""Decides what becomes of a task that this executor cannot do now: it waits for a part, or is left to others."""

from collections.abc import Callable
from dataclasses import replace

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import OF_THIS_NODE, Failed, Released
from mediaproc.core.task import ClaimedTask
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.task_exclusions import TaskExclusions


class ReleasePolicy:
    """For one executor; `is_alone`: whether it does all of its shard, and leaves nothing to others."""

    def __init__(self, *, backpressure: Backpressure, exclusions: TaskExclusions, is_alone: Callable[[], bool]) -> None:
        self._backpressure = backpressure
        self._exclusions = exclusions
        self._is_alone = is_alone

    def decide(self, task: ClaimedTask, released: Released, *, late: bool) -> Released | Failed:
        """The ending to write; `late`: the attempt came to its transcode.

        An executor that is alone fails a task that only a larger node could do.
        """
        if released.error_class not in OF_THIS_NODE:
            delay = self._backpressure.part_failed(released.error_class, sentence=released.error, late=late)
            return replace(released, delay=max(released.delay, delay))
        if not self._is_alone():
            self._exclusions.leave(task.id)
        elif released.error_class is ErrorClass.NODE_TOO_SMALL:
            return Failed(error_class=released.error_class, error=released.error)
        return released
