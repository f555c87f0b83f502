"""One attempt that runs in a slot: how far it is, until when its lease can be trusted, and why it was told to stop."""

import threading
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TypeVar

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import ClaimLost, PartMissing, Stopped, Unavailable
from mediaproc.core.progress import Progress
from mediaproc.core.task import ClaimedTask
from mediaproc.executor.task_table import TaskTable

# Seconds without a look of the fence, which looks twice a second, that show a stopped or sleeping process. As long as
# the shortest timeout towards the database: who slept less has not slept through one.
_STANDSTILL = 5.0

Answer = TypeVar("Answer")

# Seconds between two tries to reach a database that is away.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0

# Seconds without an answer to a renewal that show an outage: no statement of a millisecond takes that long, and a
# process that has just woken up has not waited for so long.
_UNANSWERED = 1.0


class StopReason(StrEnum):
    """Why an attempt was told to stop; the first reason given stands."""

    CLAIM_LOST = "the claim is another's now"
    FENCED = "the lease could not be renewed"
    DRAINED = "the executor drains"
    OVERDUE = "the stage took too long"


class RunningAttempt:
    """The watch over one attempt; its slot, the heartbeat and the fence all look at it."""

    def __init__(
        self,
        task: ClaimedTask,
        *,
        lease_trusted_until: float,
        task_table: TaskTable,
        log: FilteringBoundLogger,
        on_stage: Callable[[str], None] = lambda _stage: None,
    ) -> None:
        self.task = task
        self.log = log.bind(task=task.id, attempt=task.attempt)
        self.stop = threading.Event()
        self.reason: StopReason | None = None
        self.stage = "claim"
        self.stage_stopped: str | None = None
        self.progress: float | None = None
        self.announced_key: str | None = None
        # When the database was last out of reach, until a renewal comes through: a strike meanwhile is not fair.
        self._cut_off_at: float | None = None
        self._task_table = task_table
        self.has_transcoded = False
        self._on_stage = on_stage
        self._lock = threading.Lock()
        self._lease_trusted_until = lease_trusted_until
        self._stage_overdue_at: float | None = None
        self._watched_at = clock.elapsed()
        # When a look of the fence found that the process had stood still, until a renewal that was asked for since.
        self._stood_still_at: float | None = None
        self._gap = 0.0
        self._renewal_asked_at: float | None = None
        self.is_settling = False

    def entering(self, stage: str, *, allowance: float) -> None:
        """Note the stage and its deadline, and log it: the line is where a person reads how far it came."""
        with self._lock:
            self.stage = stage
            self._stage_overdue_at = clock.elapsed() + allowance
        self.log.info("stage_started", stage=stage)
        self.has_transcoded = self.has_transcoded or stage == "transcode"
        self._on_stage(stage)

    def leaving(self) -> None:
        """What comes before the next stage (to wait for memory, perhaps for long) is no stage's delay."""
        with self._lock:
            self._stage_overdue_at = None

    def progressed(self, progress: Progress) -> None:
        """Carried to the database by the next heartbeat."""
        self.progress = progress.fraction

    def announce(self, *, bucket: str, key: str) -> None:
        """Write down the output's key and learn, as the last thing before the upload, that the claim still holds.

        While the database is away it waits, as long as the lease can be trusted: all but the upload is done.

        Raises:
            ClaimLost: it does not.
            Stopped: it was told to stop before the database answered.
        """
        ask = partial(self._task_table.announce_output, self.task, bucket=bucket, key=key)
        still_held = self.until_answered(first=ask, again=ask, give_up=self.stop, waits="upload_waits")
        if still_held is None:
            raise Stopped("told to stop while the database was away")
        if not still_held:
            self.tell_to_stop(StopReason.CLAIM_LOST)
            raise ClaimLost("the claim was lost before the upload")
        self.announced_key = key

    def until_answered(
        self, *, first: Callable[[], Answer], again: Callable[[], Answer], give_up: threading.Event, waits: str
    ) -> Answer | None:
        """The database's answer, however long it is away; None when `give_up` was set before. Logs `waits` meanwhile.

        A database that refuses, such as for a password that was changed, is no more the task's fault.
        """
        ask, pause = first, _FIRST_PAUSE
        while True:
            try:
                return ask()
            except (Unavailable, PartMissing) as error:
                ask = again
                self.cut_off(clock.elapsed())
                self.log.warning(waits, reason=str(error), next_try_seconds=pause)
                if give_up.wait(pause):
                    return None
                pause = min(_LONGEST_PAUSE, pause * 2)

    def renewal_asked(self, now: float) -> None:
        """The database was asked to renew the lease; until it answers, silence is the database's."""
        with self._lock:
            self._renewal_asked_at = self._renewal_asked_at or now

    def cut_off(self, now: float) -> None:
        """The database was out of reach at `now`: until a renewal, a strike for the lost lease is not fair."""
        with self._lock:
            self._cut_off_at = now

    @property
    def is_cut_off(self) -> bool:
        """Whether the database was out of reach and no renewal has come through since."""
        return self._cut_off_at is not None

    def renewed(self, *, asked_at: float, trusted_until: float) -> None:
        """The database renewed the lease: it can be trusted until then (both by `clock.elapsed`)."""
        with self._lock:
            self._lease_trusted_until = trusted_until
            self._renewal_asked_at = None
            # An answer to what was asked before the loss was noticed does not tell that it is over.
            if self._cut_off_at is not None and asked_at > self._cut_off_at:
                self._cut_off_at = None
            # Whatever timeouts it slept through, what comes from here on is judged anew; but an answer to what was
            # asked before it slept comes from before.
            if self._stood_still_at is not None and asked_at > self._stood_still_at:
                self._stood_still_at = None

    def begin_settling(self) -> None:
        """From here on the settling itself finds out what became of the claim.

        The row may leave the table by our own hand, so that a missing token no longer means a lost claim; and a lease
        that ran out kills nothing any more, since only the token decides whether the verdict is taken.
        """
        with self._lock:
            self.stage = "settle"
            self.is_settling = True
        self.log.info("stage_started", stage="settle")

    def reason_to_stop(self, now: float) -> StopReason | None:
        """Why the attempt must not go on at `now`, by its lease and its stage's deadline; None when it may."""
        with self._lock:
            if self.is_settling:
                return None
            if now >= self._lease_trusted_until:
                # A renewal that waits for its answer, in a process that went on meanwhile, shows an outage.
                asked = self._renewal_asked_at
                if asked is not None and now - asked > _UNANSWERED and self._gap < _UNANSWERED:
                    self._cut_off_at = now
                return StopReason.FENCED
            if self._stage_overdue_at is not None and now >= self._stage_overdue_at:
                return StopReason.OVERDUE
        return None

    def watched(self, now: float) -> None:
        """The fence looked at it; a long gap since its last look shows that the whole process stood still."""
        with self._lock:
            self._gap = now - self._watched_at
            if self._gap > _STANDSTILL:
                self._stood_still_at = now
            self._watched_at = now

    def stood_still(self, now: float) -> bool:
        """Whether this process was stopped or asleep meanwhile: then a timeout was its own, and proves no outage."""
        self.watched(now)
        return self._stood_still_at is not None

    def tell_to_stop(self, reason: StopReason) -> bool:
        """Kill what runs; returns whether this was the first reason."""
        with self._lock:
            first = self.reason is None
            if first:
                self.reason = reason
                self.stage_stopped = self.stage
        self.stop.set()
        return first
