"""Writes what became of an attempt: once, even where the connection is lost in the middle of it."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from mediaproc import randomness
from mediaproc.core.backoff import Backoff
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.lifecycle import Failed, Rejected, Released, Verdict, verdict
from mediaproc.core.stop_reason import ending_after_stop
from mediaproc.core.task import ClaimedTask, Outcome, Rendition, Report
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim_standing import Standing, standing
from mediaproc.db.tasks.follow_up import FollowUpGone, settle_with_follow_up
from mediaproc.db.tasks.release import count_releases
from mediaproc.db.tasks.settle import settle_completed, settle_setback
from mediaproc.executor.database_retry import Answer
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.executor.strike_take_back import take_back_unfair_strike
from mediaproc.metrics.attempt_tally import AttemptTally
from mediaproc.store.interface import Store

Ending = Rendition | Failed | Rejected | Released

_FOLLOW_UP_GONE = Failed(
    error_class=ErrorClass.SOURCE_MISSING,
    error="What was brought was removed from the store before its task was made: it is brought again.",
)


@dataclass(frozen=True, kw_only=True)
class OutcomeWriter:
    """Settles attempts for one executor; `give_up` is set when a drain cannot wait any longer."""

    database: Database
    store: Store
    policy: Backoff
    give_up: threading.Event
    # How many attempts ended in which way; each slot adds to it, and the executor tells it at its end.
    tally: Counter[str] = field(default_factory=Counter)
    # What they took and gave, for the metrics.
    attempts: AttemptTally = field(default_factory=AttemptTally)

    def settle(self, running: RunningAttempt, *, outcome: Outcome) -> Ending | None:
        """Write the verdict if the claim still stands, else throw away what the attempt made.

        Returns the ending that was written, None when none was.

        When the database gave no answer, the writer asks where the claim stands before it writes again. So a verdict
        that was committed, though its answer was lost, is not taken for a lost claim.
        """
        running.begin_settling()
        ending = outcome.ending or _ending_after_stop(running)
        if ending is None:
            self._abandon(running, report=outcome.report)
            return None
        try:
            found = self._write_until_answered(running, ending=ending, outcome=outcome)
        except FollowUpGone:
            ending = _FOLLOW_UP_GONE
            found = self._write_until_answered(running, ending=ending, outcome=outcome)
        match found:
            case Standing.SETTLED:
                self.tally[_name(ending)] += 1
                self.attempts.settled(running.task, ending=ending, report=outcome.report)
                _log_settled(running, ending=ending)
                return ending
            case Standing.LOST:
                self._abandon(running, report=outcome.report)
            case Standing.HELD:
                self.tally["left_unsettled"] += 1
                running.log.warning(
                    "left_unsettled", consequence="the lease runs out, and compensation gives the task to another"
                )
        return None

    def _write_until_answered(self, running: RunningAttempt, *, ending: Ending, outcome: Outcome) -> Standing:
        """Where the claim stands in the end; HELD when the database stayed away until the drain gave up.

        A write that changes no row does not prove that the claim is lost. An earlier write, whose answer was lost with
        its connection, may have been committed since. So the database is asked where the claim stands.
        """

        def write() -> Standing:
            is_written = self._write(running, ending=ending, outcome=outcome)
            return Standing.SETTLED if is_written else self._standing(running.task)

        def ask_then_write() -> Standing:
            found = self._standing(running.task)
            return write() if found is Standing.HELD else found

        # `write` runs at once. After a write that got no answer, `ask_then_write` runs until the database answers.
        return self._until_answered(running, write, again=ask_then_write) or Standing.HELD

    def _write(self, running: RunningAttempt, *, ending: Ending, outcome: Outcome) -> bool:
        """Move the row to history, or write into it why it stays; returns whether the claim was still held."""
        task_id, claim_token = running.task.id, running.task.claim_token
        if isinstance(ending, Rendition):
            settle = settle_completed
            if ending.follow_up is not None:
                settle = partial(settle_with_follow_up, follow_up=ending.follow_up)
            with self.database.write() as connection:
                return settle(
                    connection, task_id=task_id, claim_token=claim_token, rendition=ending, report=outcome.report
                )
        decided = self._verdict(running.task, ending)
        with self.database.write() as connection:
            return settle_setback(
                connection, task_id=task_id, claim_token=claim_token, verdict=decided, report=outcome.report
            )

    def _verdict(self, task: ClaimedTask, ending: Failed | Rejected | Released) -> Verdict:
        releases = 0
        if isinstance(ending, Released):
            with self.database.read() as connection:
                releases = count_releases(connection, task_id=task.id, error_class=ending.error_class)
        return verdict(
            ending,
            fail_count=task.fail_count,
            releases=releases,
            policy=self.policy,
            jitter=randomness.random_fraction(),
        )

    def _standing(self, task: ClaimedTask) -> Standing:
        with self.database.read() as connection:
            return standing(connection, task_id=task.id, claim_token=task.claim_token)

    def _until_answered(
        self, running: RunningAttempt, first: Callable[[], Answer], *, again: Callable[[], Answer]
    ) -> Answer | None:
        """The database's answer, however long it is away; None when the drain gave up first."""
        return running.until_answered(first, again=again, give_up=self.give_up, waits="settle_waits")

    def _abandon(self, running: RunningAttempt, *, report: Report) -> None:
        """The claim is lost: delete the attempt's own output, and take back a strike that an outage caused."""
        self.tally["claim_lost"] += 1
        self.attempts.lost(running.task, report=report)
        running.log.warning("claim_lost", stage=running.stage, reason=str(running.reason or "found when settling"))
        if running.announced_key is not None:
            self._delete_output(running, key=running.announced_key)
        if take_back_unfair_strike(running, database=self.database, give_up=self.give_up):
            self.tally["strike_taken_back"] += 1

    def _delete_output(self, running: RunningAttempt, *, key: str) -> None:
        """Delete the output unless history names it: the database decides that, not what the executor believes."""
        ask = partial(self._standing, running.task)
        if self._until_answered(running, ask, again=ask) is not Standing.LOST:
            return
        try:
            self.store.delete(key)
        except (Unavailable, PartMissing) as error:
            running.log.warning("output_left_to_the_sweep", key=key, reason=str(error))


def _ending_after_stop(running: RunningAttempt) -> Failed | Released | None:
    if running.reason is None or running.stage_stopped is None:
        return None
    return ending_after_stop(running.reason, stage=running.stage_stopped, is_unbegun=running.was_unbegun)


def _name(ending: Ending) -> str:
    return "completed" if isinstance(ending, Rendition) else type(ending).__name__.lower()


def _log_settled(running: RunningAttempt, *, ending: Ending) -> None:
    match ending:
        case Rendition():
            running.log.info(
                "completed",
                decision=ending.decision,
                verification=ending.verification,
                flags=",".join(ending.flags),
                key=ending.key,
            )
        case Failed():
            strikes = running.task.fail_count + 1
            running.log.warning("failed", error_class=ending.error_class, error=ending.error, strikes=strikes)
        case Rejected():
            running.log.warning("rejected", error_class=ending.error_class, error=ending.error)
        case Released():
            running.log.info("released", error_class=ending.error_class, error=ending.error)
