"""What a slot does with one claimed task: work on it, settle it, and tell what its end shows of this node."""

from collections.abc import Callable
from dataclasses import dataclass

from mediaproc.attempt_context import AttemptContext
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Released
from mediaproc.core.task import ClaimedTask, Outcome, Report
from mediaproc.executor.backpressure import Backpressure, got_through
from mediaproc.executor.outcome_writer import OutcomeWriter
from mediaproc.executor.outlier_detection import OutlierDetection
from mediaproc.executor.release_policy import ReleasePolicy
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.work import work


@dataclass(frozen=True, kw_only=True)
class AttemptRunner:
    """Runs attempts, each in the slot that calls it; `threads` tells how many a transcode may use right now."""

    context: AttemptContext
    backpressure: Backpressure
    releases: ReleasePolicy
    settler: OutcomeWriter
    outliers: OutlierDetection
    threads: Callable[[], int]

    def run(self, task: ClaimedTask, *, running: RunningAttempt) -> None:
        """From the claim to the verdict. Raises nothing: a bug is told, and leaves the task to its lease."""
        through = False
        try:
            outcome = self._work(task, running=running)
            self.outliers.attempt_settled(task, ending=self.settler.settle(running, outcome=outcome))
            through = got_through(outcome.ending)
        except Exception:
            running.log.exception("bug", consequence="the lease runs out, and compensation counts a strike")
        finally:
            self.backpressure.ended(task.claim_token, got_through=through)

    def _work(self, task: ClaimedTask, *, running: RunningAttempt) -> Outcome:
        try:
            outcome = work(task, context=self.context, observer=running, threads=self.threads())
        except Exception as error:
            self.settler.tally["bug"] += 1
            running.log.exception("bug", stage=running.stage)
            sentence = (
                f"A bug in mediaproc: {type(error).__name__} in the stage {running.stage}; see the executor's log."
            )
            return Outcome(ending=Failed(error_class=ErrorClass.BUG, error=sentence), report=Report())
        if isinstance(outcome.ending, Released):
            ending = self.releases.weighed(task, outcome.ending, late=running.has_transcoded)
            return Outcome(ending=ending, report=outcome.report)
        return outcome
