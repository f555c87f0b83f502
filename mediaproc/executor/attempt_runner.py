"""Runs an attempt at a claimed task in its thread: works on the task, and settles what became of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from structlog.typing import FilteringBoundLogger

from mediaproc.attempt_context import AttemptContext
from mediaproc.core.encode_threads import encode_threads
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Released
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Outcome, Report
from mediaproc.db.database import Database
from mediaproc.executor.attempt_notes import AttemptNotes
from mediaproc.executor.attempt_registry import AttemptRegistry
from mediaproc.executor.backpressure import Backpressure, got_through
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.executor.outcome_writer import OutcomeWriter
from mediaproc.executor.outlier_detection import OutlierDetection
from mediaproc.executor.release_policy import ReleasePolicy
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.work import work


@dataclass(frozen=True, kw_only=True)
class AttemptRunner:
    """For all attempts of an executor; each is begun before its thread runs it."""

    config: ExecutorConfig
    context: AttemptContext
    database: Database
    attempts: AttemptRegistry
    backpressure: Backpressure
    releases: ReleasePolicy
    outcome_writer: OutcomeWriter
    outliers: OutlierDetection
    notes: AttemptNotes
    log: FilteringBoundLogger

    def begin(
        self, task: ClaimedTask, *, lease_trusted_until: float, on_stage: Callable[[Stage], None]
    ) -> RunningAttempt:
        """The attempt at a claimed task, registered; `on_stage` hears of each of its stages."""

        def comes_to(stage: Stage) -> None:
            self.backpressure.comes_to(stage, claim_token=task.claim_token)
            on_stage(stage)

        running = RunningAttempt(
            task,
            lease_trusted_until=lease_trusted_until,
            database=self.database,
            log=self.log,
            on_stage=comes_to,
            notes=self.notes,
            trace=self.context.traces.begin(task),
        )
        self.attempts.add(running)
        self.outcome_writer.attempts.claimed(task)
        running.log.info(
            "stage_started", stage=Stage.CLAIM, profile=task.profile, filename=task.filename, size=task.size
        )
        return running

    def run(self, running: RunningAttempt) -> None:
        """What a thread does with a claimed task, from the claim to the verdict.

        Raises nothing: a bug is logged, and leaves the task to its lease.
        """
        try:
            self._work_and_settle(running)
        finally:
            self.attempts.remove([running.task.claim_token])

    def _work_and_settle(self, running: RunningAttempt) -> None:
        task, through, ending = running.task, False, None
        try:
            outcome = self._work(running)
            ending = self.outcome_writer.settle(running, outcome=outcome)
            self.outliers.attempt_settled(task, ending=ending)
            through = got_through(outcome.ending)
        except Exception:
            running.log.exception("bug", consequence="the lease runs out, and compensation counts a strike")
        finally:
            running.end_trace(ending)
            self.backpressure.ended(task.claim_token, got_through=through)

    def _work(self, running: RunningAttempt) -> Outcome:
        try:
            outcome = self._attempt(running)
        except Exception as error:
            self.outcome_writer.tally["bug"] += 1
            running.log.exception("bug", stage=running.stage)
            kind = type(error).__name__
            sentence = f"A bug in mediaproc: {kind} in the stage {running.stage}; see the executor's log."
            return Outcome(ending=Failed(error_class=ErrorClass.BUG, error=sentence), report=Report())
        if isinstance(outcome.ending, Released):
            ending = self.releases.decide(running.task, outcome.ending, late=running.has_transcoded)
            return Outcome(ending=ending, report=outcome.report)
        return outcome

    def _attempt(self, running: RunningAttempt) -> Outcome:
        task, context = running.task, self.context
        other = context.other_attempt(task.profile)
        if other is not None:
            return other(task, context=context, observer=running)
        return work(task, context=context, observer=running, threads=partial(self._encode_threads, running))

    def _encode_threads(self, running: RunningAttempt) -> int:
        """The threads of an encode that has its slot."""
        waiting = sum(each.is_ahead for each in self.attempts.all() if each is not running)
        return encode_threads(cpus=self.config.cpus, slots=self.config.slots, waiting=waiting)


def make_attempt_runner(
    database: Database,
    *,
    context: AttemptContext,
    config: ExecutorConfig,
    attempts: AttemptRegistry,
    backpressure: Backpressure,
    releases: ReleasePolicy,
    give_up: threading.Event,
    log: FilteringBoundLogger,
) -> AttemptRunner:
    """The runner with parts of its own; `give_up` as in `OutcomeWriter`."""
    return AttemptRunner(
        config=config,
        context=context,
        database=database,
        attempts=attempts,
        backpressure=backpressure,
        releases=releases,
        outcome_writer=OutcomeWriter(database=database, store=context.store, policy=config.policy, give_up=give_up),
        outliers=OutlierDetection(
            database,
            executor_id=config.executor_id,
            backpressure=backpressure,
            policy=config.policy,
            is_confined=config.only is not None,
            log=log,
        ),
        notes=AttemptNotes(database, log=log),
        log=log,
    )
