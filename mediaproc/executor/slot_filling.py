"""Fills the slots of an executor: claims due tasks, also ahead of free slots, and begins an attempt at each."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from structlog.typing import FilteringBoundLogger

from mediaproc.attempt_context import AttemptContext
from mediaproc.core.claim_limit import claims_allowed
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask
from mediaproc.core.wait import Wait
from mediaproc.db.database import Database
from mediaproc.db.tasks.due_tasks import Reach, has_unfinished
from mediaproc.executor.attempt_registry import AttemptRegistry
from mediaproc.executor.attempt_runner import AttemptRunner
from mediaproc.executor.attempt_threads import AttemptThreads
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.claiming import Claimer
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.executor.giving_back import GivingBack
from mediaproc.executor.refilling import Refilling
from mediaproc.executor.running_attempt import RunningAttempt

# At these stages an attempt has taken its slot, or is past its encode.
_ALLOWS_A_CLAIM = frozenset({Stage.TRANSCODE, Stage.VERIFY})


@dataclass(frozen=True, kw_only=True)
class SlotFiller:
    """Claims for the slots that are free and, while they encode, ahead of them (`core/claim_limit.py`).

    `Executor.tick` fills by the schedule, `Executor.wake` at a notification, and each attempt asks for it when it takes
    a slot, when its encode is over, and once it is settled.

    `finished` is set when an executor that runs until it is idle has nothing left to do.
    """

    config: ExecutorConfig
    context: AttemptContext
    database: Database
    reach: Reach
    claimer: Claimer
    attempts: AttemptRegistry
    attempt_runner: AttemptRunner
    backpressure: Backpressure
    threads: AttemptThreads
    giving_back: GivingBack
    log: FilteringBoundLogger
    finished: threading.Event = field(default_factory=threading.Event)
    _claiming: threading.Lock = field(default_factory=threading.Lock)
    # Held while attempts begin, and never during a wait. So once a drain has begun, no attempt begins any more.
    _beginning: threading.Lock = field(default_factory=threading.Lock)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def fill(self, *, refill: bool = False, ahead: bool = True) -> bool:
        """Claim as much as is allowed, and begin an attempt for each task; returns whether anything was claimed.

        The claim looks from the front of the queue; a `refill` begins behind the task that this executor claimed last.
        Without `ahead` it is for free slots alone.
        """
        with self._claiming:
            if not refill:
                self.claimer.begin_at_the_front()
            limit = self._claims_allowed(ahead=ahead)
            if self.is_stopped or limit <= 0:
                return False
            answer = self.claimer.claim(limit=limit)
            if answer is None:
                return False
            tasks, lease_trusted_until = answer
            if tasks and not self._begin_unless_stopped(tasks, lease_trusted_until=lease_trusted_until):
                self._give_back(tasks)
            if not tasks:
                self._nothing_is_due()
            return bool(tasks)

    def _nothing_is_due(self) -> None:
        if self.config.until_idle:
            self._finish_if_idle()
        elif self.config.only is None:
            self.giving_back.ask()

    def _claims_allowed(self, *, ahead: bool) -> int:
        attempts = self.attempts.all()
        if any(each.waits_for is Wait.DISK for each in attempts):
            # Whatever is claimed would wait as well.
            return 0
        behind = sum(each.is_behind for each in attempts)
        return claims_allowed(
            slots=self.config.slots,
            encoding=self.context.slots.taken if ahead else 0,
            not_behind=len(attempts) - behind,
            behind=behind,
        )

    def fill_or_log(self, *, refill: bool = False, ahead: bool = True) -> bool:
        """Fill for a caller that must live on: a bug, or a machine that starts no more threads, is only logged."""
        try:
            return self.fill(refill=refill, ahead=ahead)
        except Exception:
            self.log.exception("bug", consequence="the slots are filled by the next tick")
            return False

    def _begin_unless_stopped(self, tasks: Sequence[ClaimedTask], *, lease_trusted_until: float) -> bool:
        with self._beginning:
            if not self.is_stopped:
                self._begin_all(tasks, lease_trusted_until=lease_trusted_until)
            return not self.is_stopped

    def _begin_all(self, tasks: Sequence[ClaimedTask], *, lease_trusted_until: float) -> None:
        """Begin each task in a thread of its own. Where that fails, all tasks without one are given back."""
        waiting = {task.claim_token for task in tasks}
        try:
            begun = [
                self.attempt_runner.begin(task, lease_trusted_until=lease_trusted_until, on_stage=self._comes_to)
                for task in tasks
            ]
            for running in begun:
                self.threads.submit(partial(self._attempt, running))
                waiting.remove(running.task.claim_token)
        except BaseException:
            self.attempts.remove(waiting)
            self.claimer.disown(waiting)
            raise

    def _comes_to(self, stage: Stage) -> None:
        if stage in _ALLOWS_A_CLAIM:
            self._refill()

    def _attempt(self, running: RunningAttempt) -> None:
        """What the thread of an attempt does; then another task may be claimed."""
        self.attempt_runner.run(running)
        self._refill()

    def _refill(self) -> None:
        """One more may be claimed, by the thread that does so."""
        self.refilling.ask()

    @cached_property
    def refilling(self) -> Refilling:
        """The thread that claims for the attempts, which the executor starts."""
        return Refilling(partial(self.fill_or_log, refill=True))

    def _give_back(self, tasks: Sequence[ClaimedTask]) -> None:
        """A drain began while these tasks were claimed."""
        self.claimer.disown([task.claim_token for task in tasks])
        try:
            self.claimer.release_unheard()
        except (Unavailable, PartMissing) as error:
            self.log.warning("release_waits", reason=str(error), next_try="with the last sign of life")

    def _finish_if_idle(self) -> None:
        if self.attempts.all():
            return
        try:
            with self.database.read() as connection:
                unfinished = has_unfinished(
                    connection,
                    shard=self.config.shard,
                    only=self.config.only,
                    reach=self.reach,
                    # Who waits for tasks of their own waits for the end of a pause too.
                    unless_paused_for=self.config.executor_id if self.config.only is None else None,
                )
        except (Unavailable, PartMissing) as error:
            self.backpressure.part_failed(ErrorClass.DATABASE_UNAVAILABLE, sentence=str(error))
            return
        if not unfinished:
            self.finished.set()

    @property
    def is_stopped(self) -> bool:
        """Whether no attempt begins any more."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Begin no further attempt; a claim that is under way is given back."""
        with self._beginning:
            self._stopped.set()
        self.refilling.end()

    def wait_for_claim(self) -> None:
        """Wait until no claim is under way."""
        with self._claiming:
            pass

    def release_unheard(self) -> None:
        """Give back the claims whose answer was lost, unless a claim is under way, which does so itself.

        Raises:
            Unavailable, PartMissing
        """
        if self._claiming.acquire(blocking=False):
            try:
                self.claimer.release_unheard()
            finally:
                self._claiming.release()
