"""What an attempt tells of itself as it goes: its stages, then its end. By itself nobody is told."""

from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Rendition


class AttemptTrace:
    """Of one attempt, called by its thread; this one tells nobody."""

    def enter(self, stage: Stage) -> None:
        """The attempt enters the stage."""

    def leave(self) -> None:
        """The attempt leaves the stage that it entered last."""

    def end(self, ending: Rendition | Failed | Rejected | Released | None) -> None:
        """The attempt is over; None where its claim was lost or left to its lease, and nothing was written."""


class Traces:
    """Of all attempts of a process; these tell nobody."""

    def begin(self, task: ClaimedTask) -> AttemptTrace:
        """The task has just been claimed."""
        del task
        return NO_TRACE

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""


NO_TRACE = AttemptTrace()
NO_TRACES = Traces()
