"""What an executor makes of a task that it cannot do now: it waits for a part that is away, or leaves it to others."""

from dataclasses import replace

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import OF_THIS_NODE, Failed, Released
from mediaproc.core.task import ClaimedTask
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.task_exclusions import TaskExclusions


class ReleasePolicy:
    """For one executor; `is_alone`: it is to do all of its shard, and to leave nothing to others."""

    def __init__(self, *, backpressure: Backpressure, exclusions: TaskExclusions, is_alone: bool) -> None:
        self._backpressure = backpressure
        self._exclusions = exclusions
        self._is_alone = is_alone

    def weighed(self, task: ClaimedTask, released: Released, *, late: bool) -> Released | Failed:
        """The ending to write; `late`: it came to its transcode. What waits for a larger node alone fails here."""
        if released.error_class not in OF_THIS_NODE:
            delay = self._backpressure.part_failed(released.error_class, sentence=released.error, late=late)
            return replace(released, delay=delay)
        if not self._is_alone:
            self._exclusions.leave(task.id)
        elif released.error_class is ErrorClass.NODE_TOO_SMALL:
            return Failed(error_class=released.error_class, error=released.error)
        return released
