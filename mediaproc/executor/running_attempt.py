"""One attempt that runs in a slot: how far it is, until when it may go on, and why it was told to stop."""

import threading
from collections.abc import Callable
from dataclasses import replace

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.attempt_deadlines import AttemptDeadlines
from mediaproc.core.errors import ClaimLost, PartMissing, Stopped, Unavailable
from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.probe import Probe
from mediaproc.core.progress import Progress
from mediaproc.core.stage import Stage
from mediaproc.core.stop_reason import StopReason
from mediaproc.core.strike_fairness import Process, StrikeFairness
from mediaproc.core.task import ClaimedTask, Rendition
from mediaproc.core.wait import Wait
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.tasks import lease
from mediaproc.executor.attempt_notes import AttemptNotes
from mediaproc.executor.database_retry import Answer, retry_until_answered
from mediaproc.tracing.attempt_trace import NO_TRACE, AttemptTrace

_BEFORE_TRANSCODE = frozenset({Stage.CLAIM, Stage.DOWNLOAD, Stage.PROBE})
_AFTER_TRANSCODE = frozenset({Stage.VERIFY, Stage.UPLOAD, Stage.SETTLE})


class RunningAttempt:
    """Shared by the slot that works on it, the heartbeat that renews its lease and the self-fence; thread-safe."""

    def __init__(
        self,
        task: ClaimedTask,
        *,
        lease_trusted_until: float,
        database: Database,
        log: FilteringBoundLogger,
        on_stage: Callable[[Stage], None] = lambda _stage: None,
        notes: AttemptNotes | None = None,
        trace: AttemptTrace = NO_TRACE,
    ) -> None:
        self.task = task
        self.log = log.bind(task=task.id, attempt=task.attempt)
        self.stop = threading.Event()
        self.reason: StopReason | None = None
        self.stage = Stage.CLAIM
        self.stage_stopped: Stage | None = None
        self.was_unbegun = False
        self.encode_begun_at: float | None = None
        self.progress: float | None = None
        self.announced_key: str | None = None
        self.has_transcoded = False
        self.is_settling = False
        self.waits_for: Wait | None = None
        self._database = database
        self._on_stage = on_stage
        self._notes = notes
        self._trace = trace
        self._lock = threading.Lock()
        self._deadlines = AttemptDeadlines(lease_trusted_until=lease_trusted_until)
        self._fairness = StrikeFairness(looked_at=clock.elapsed())

    def enter_stage(self, stage: Stage, *, allowance: float) -> None:
        """Note the stage and its deadline, and log it: the line tells a person how far the attempt came."""
        with self._lock:
            self.stage = stage
            self._deadlines = replace(self._deadlines, stage_overdue_at=clock.elapsed() + allowance)
        self.log.info("stage_started", stage=stage)
        self._trace.enter(stage)
        self.has_transcoded = self.has_transcoded or stage is Stage.TRANSCODE
        self._on_stage(stage)

    def leave_stage(self) -> None:
        """Lift the stage's deadline: the wait for memory between two stages may take long, and delays neither."""
        self._trace.leave()
        with self._lock:
            self._deadlines = replace(self._deadlines, stage_overdue_at=None)

    def recall_probe(self, read: Callable[[bytes], Probe | None]) -> Probe | None:
        """The facts that enqueue has kept with the file, if there are any and they stand for a probe here.

        Nothing depends on them: where they do not fit, or the database is away, the source is probed.
        """
        try:
            with self._database.single(waits_for_standby=False) as connection:
                record = files.kept_probe(connection, file_id=self.task.file_id)
        except (Unavailable, PartMissing):
            return None
        probe = None if record is None else read(record)
        if record is not None:
            self.log.info("probe_recalled" if probe else "kept_probe_unfit", stage=Stage.PROBE)
        return probe

    def begin_wait(self, wait: Wait) -> None:
        """Note that the attempt waits; no stage's deadline runs, and the lease is renewed as ever."""
        self.waits_for = wait
        self.log.info(str(wait), stage=self.stage)
        if self._notes is not None and not self.has_transcoded:
            self._notes.waits(self.task.claim_token)

    def end_wait(self) -> None:
        """Note that it waits no more."""
        self.waits_for = None

    def note_encode(self, *, threads: int) -> None:
        """Note the threads of an encode that has its slot."""
        self.encode_begun_at = clock.elapsed()
        self.log.info("slot_taken", threads=threads)
        if self._notes is not None:
            self._notes.encodes(self.task.claim_token, threads=threads)

    def ends_encode_within(self, seconds: float, *, now: float) -> bool:
        """Whether it encodes, and will be done in so many seconds if it goes on as it went so far."""
        if self.stage is not Stage.TRANSCODE or self.encode_begun_at is None or not self.progress:
            return False
        return (now - self.encode_begun_at) * (1 - self.progress) / self.progress < seconds

    @property
    def waits_unbegun(self) -> bool:
        """Whether it waits for its first encode."""
        return self.waits_for is not None and not self.has_transcoded

    @property
    def is_ahead(self) -> bool:
        """Whether an encode of it is still to begin, as far as is known."""
        return self.waits_for is not None or self.stage in _BEFORE_TRANSCODE

    @property
    def is_behind(self) -> bool:
        """Whether all its encodes are over, as far as is known: what is left is to verify, to upload and to settle."""
        return self.waits_for is None and self.stage in _AFTER_TRANSCODE

    def note_progress(self, progress: Progress) -> None:
        """Keep the fraction for the next heartbeat, which carries it to the database."""
        self.progress = progress.fraction

    def announce_output(self, *, bucket: str, key: str) -> None:
        """Write down the output's key and learn, as the last thing before the upload, that the claim still holds.

        While the database is away it waits, as long as the lease can be trusted: all but the upload is done.

        Raises:
            ClaimLost: the claim does not hold.
            Stopped: the attempt was told to stop before the database answered.
        """

        def ask() -> bool:
            with self._database.single() as connection:
                return lease.announce_output(
                    connection, task_id=self.task.id, claim_token=self.task.claim_token, bucket=bucket, key=key
                )

        still_held = self.until_answered(ask, again=ask, give_up=self.stop, waits="upload_waits")
        if still_held is None:
            raise Stopped("told to stop while the database was away")
        if not still_held:
            self.tell_to_stop(StopReason.CLAIM_LOST)
            raise ClaimLost("the claim was lost before the upload")
        self.announced_key = key

    def begin_settling(self) -> None:
        """Tell the heartbeat and the self-fence to let the attempt end by itself from here on.

        To settle takes the row away, so that a row which is gone is no lost claim. And the end of the lease stops
        nothing any more: the statement that settles is guarded by the token, whatever the lease.
        """
        with self._lock:
            self.stage = Stage.SETTLE
            self.is_settling = True
        self.log.info("stage_started", stage=Stage.SETTLE)
        self._trace.enter(Stage.SETTLE)

    def end_trace(self, ending: Rendition | Failed | Rejected | Released | None) -> None:
        """The attempt is over; None where nothing was written of it."""
        self._trace.end(ending)

    def until_answered(
        self, first: Callable[[], Answer], *, again: Callable[[], Answer], give_up: threading.Event, waits: str
    ) -> Answer | None:
        """What the database answers, however long it is away; None when `give_up` is set first.

        Each failure is logged as `waits`, and counts as an outage.
        """

        def failed(error: Unavailable | PartMissing, pause: float) -> None:
            self.database_lost(clock.elapsed())
            self.log.warning(waits, reason=str(error), next_try_seconds=pause)

        return retry_until_answered(first, again=again, give_up=give_up, on_failure=failed)

    def renewal_asked(self, now: float) -> None:
        """The database was asked to renew the lease."""
        with self._lock:
            self._fairness = self._fairness.renewal_asked(now)

    def renewed(self, *, asked_at: float, trusted_until: float) -> None:
        """The database renewed the lease, which can be trusted until then (both by `clock.elapsed`)."""
        with self._lock:
            self._deadlines = replace(self._deadlines, lease_trusted_until=trusted_until)
            self._fairness = self._fairness.renewed(asked_at=asked_at)

    def database_lost(self, now: float) -> None:
        """The database was out of reach at `now`."""
        with self._lock:
            self._fairness = self._fairness.database_lost(now)

    def listener_lost(self, now: float) -> None:
        """The listener's connection was lost; in a process that stood still that shows no outage."""
        if self.look(now).process is Process.RAN:
            self.database_lost(now)

    def look(self, now: float) -> StrikeFairness:
        """Note that this process runs at `now`; returns what decides whether a strike for the lost lease is fair."""
        with self._lock:
            self._fairness = self._fairness.looked(now)
            return self._fairness

    def reason_to_stop(self, now: float) -> StopReason | None:
        """Why the attempt must not go on at `now`, by its lease and its stage's deadline; None when it may."""
        with self._lock:
            if self.is_settling:
                return None
            reason = self._deadlines.reason_to_stop(now)
            if reason is StopReason.FENCED:
                self._fairness = self._fairness.lease_ran_out(now)
            return reason

    def tell_to_stop(self, reason: StopReason) -> bool:
        """Kill what runs; returns whether this was the first reason."""
        with self._lock:
            first = self.reason is None
            if first:
                self.reason = reason
                self.stage_stopped = self.stage
                self.was_unbegun = self.waits_unbegun
        self.stop.set()
        return first
