"""One attempt: download, probe, plan, transcode, verify, upload; it takes a claimed task and returns an outcome."""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from mediaproc import clock
from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.core.decoders import DecoderMissing, require_decoders
from mediaproc.core.errors import (
    AttemptFailed,
    BadSource,
    ClaimLost,
    ErrorClass,
    PartMissing,
    Stopped,
    Unavailable,
    WrongUse,
)
from mediaproc.core.expectation import Medium
from mediaproc.core.ffmpeg_memory import PROBE_DATA
from mediaproc.core.keys import rendition_key
from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.plan import Plan, Variant, least_output, make_plan
from mediaproc.core.plan.fallback import Tries
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile, profile_named
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Outcome, Rendition, Report
from mediaproc.core.verification import Verification
from mediaproc.ffmpeg import cpu_time

# Seconds that a stage may take, plus a second for each of these bytes: the slowest transfer that is still one.
_STAGE_ALLOWANCE = 120.0
_SLOWEST_TRANSFER = 64 * 1024

# Seconds that each variant of a plan gets at the least, also when an earlier one has stalled and used up nearly all of
# the plan's limit.
_SHORTEST_WALL = 1.0


def work(task: ClaimedTask, *, context: AttemptContext, observer: AttemptObserver, threads: int = 1) -> Outcome:
    """What became of the attempt. Each of the project's errors becomes an ending; a bug propagates.

    The observer is the executor's `RunningAttempt`. The outcome has no ending where the observer has stopped the
    attempt, or has found that its claim is lost: then the observer knows the reason.
    """
    attempt = _Attempt(task, context=context, observer=observer, threads=threads)
    ending: Rendition | Failed | Rejected | Released | None
    try:
        with cpu_time.metered(attempt.cpu):
            ending = attempt.run()
    except (Stopped, ClaimLost):
        ending = None
    except BadSource as error:
        ending = Rejected(error_class=error.error_class, error=str(error))
    except DecoderMissing as error:
        ending = Released(error_class=error.error_class, error=str(error), needs_decoders=error.codecs)
    except Unavailable as error:
        ending = Released(error_class=error.error_class, error=str(error))
    except PartMissing as error:
        # ffmpeg, ffprobe or the sandbox was there when the executor started.
        ending = Released(error_class=ErrorClass.SANDBOX_UNAVAILABLE, error=str(error))
    except AttemptFailed as error:
        attempt.note_log(error.log_tail)
        ending = Failed(error_class=error.error_class, error=str(error))
    return Outcome(ending=ending, report=attempt.report())


class _Attempt:
    def __init__(self, task: ClaimedTask, *, context: AttemptContext, observer: AttemptObserver, threads: int) -> None:
        self._task = task
        self._context = context
        self._observer = observer
        self._threads = threads
        self._stage_seconds: dict[str, float] = {}
        self.cpu = cpu_time.Spent()
        self._log_tail = ""

    def run(self) -> Rendition:
        profile = self._profile()
        with self._context.scratch.attempt_folder(self._task.claim_token) as folder:
            # A source whose output is sure to have no room is not even downloaded; the plan tells the exact need.
            least = least_output(profile, limits=self._context.limits)
            self._context.scratch.require_room(self._task.size + least)
            source = self._download(folder)
            probe = self._probe(source)
            require_decoders(probe, medium=profile.medium)
            plan = make_plan(probe, profile=profile, threads=self._threads, limits=self._context.limits)
            self._context.scratch.require_room(plan.output_estimate, held=self._task.size)
            output, variant, verification = self._make(plan, source=source, folder=folder)
            return self._upload(output, plan=plan, variant=variant, verification=verification)

    def report(self) -> Report:
        return Report(
            stage_seconds={stage: round(seconds, 3) for stage, seconds in self._stage_seconds.items()},
            cpu_seconds=round(self.cpu.seconds, 3),
            log_tail=self._log_tail,
        )

    def note_log(self, log_tail: str) -> None:
        self._log_tail = log_tail or self._log_tail

    def _profile(self) -> Profile:
        try:
            return profile_named(self._task.profile, extra=self._context.profiles)
        except WrongUse as error:
            raise AttemptFailed(str(error), error_class=ErrorClass.UNKNOWN_PROFILE) from None

    def _download(self, folder: Path) -> Path:
        task = self._task
        source = folder / "source"
        with self._stage(Stage.DOWNLOAD, size=task.size):
            received = self._context.store.get(task.object_key, source, stop=self._observer.stop, most=task.size)
        if received.sha256 != task.file_id:
            raise AttemptFailed(
                f"The stored object is not what was uploaded: {received.size} bytes came with another checksum,"
                f" {task.size} were stored; the object {task.object_key} must be restored or uploaded again.",
                error_class=ErrorClass.SOURCE_CORRUPTED,
            )
        return source

    def _probe(self, source: Path) -> Probe:
        kept = self._kept_probe()
        if kept is not None:
            with self._stage(Stage.PROBE):
                return kept
        # The packets of the whole file are read, so it takes as long as a transfer of it.
        with self._room_for(0), self._stage(Stage.PROBE, size=self._task.size):
            return self._context.runner.probe(source, stop=self._observer.stop)

    def _kept_probe(self) -> Probe | None:
        """The facts that enqueue found, which have come with the bytes; after a strike the source is looked at anew."""
        if self._task.fail_count:
            return None
        return self._observer.recall_probe(partial(self._context.runner.probe_of, file_id=self._task.file_id))

    def _make(self, plan: Plan, *, source: Path, folder: Path) -> tuple[Path, Variant, Verification]:
        """What the plan makes; a source that needs more memory than it declares is tried once more with more."""
        try:
            with self._room_for(plan.memory):
                return self._produce(plan, source=source, folder=folder)
        except AttemptFailed as error:
            if error.error_class is not ErrorClass.OUT_OF_MEMORY:
                raise
            self.note_log(error.log_tail)
        (folder / plan.output_name).unlink(missing_ok=True)
        budget = self._context.memory
        roomier = plan.with_more_memory(most=budget.most, limits=self._context.limits)
        try:
            with self._room_for(roomier.memory):
                return self._produce(roomier, source=source, folder=folder)
        except AttemptFailed as again:
            if again.error_class is not ErrorClass.OUT_OF_MEMORY or roomier.memory < budget.most:
                raise
            self.note_log(again.log_tail)
            raise budget.too_small("The transcode wanted all the memory that there is") from None

    def _room_for(self, memory: int) -> AbstractContextManager[None]:
        """Wait for the memory that a child needs: at least a probe's, since the output is probed too."""
        budget = self._context.memory
        return budget.reserve(max(memory, min(PROBE_DATA, budget.most)), stop=self._observer.stop)

    def _produce(self, plan: Plan, *, source: Path, folder: Path) -> tuple[Path, Variant, Verification]:
        """The output of the first variant that passes verification; the last one's failure is the attempt's."""
        output, tries = folder / plan.output_name, Tries(variants=plan.variants)
        begun = clock.elapsed()
        while True:
            # After a stall a try gets what is left of the plan's limit.
            wall = plan.wall_limit if tries.stall is None else plan.wall_limit - (clock.elapsed() - begun)
            try:
                verification = self._produce_one(plan, variant=tries.variant, source=source, output=output, wall=wall)
            except (AttemptFailed, BadSource) as error:
                tries = tries.after(error)
                output.unlink(missing_ok=True)
            else:
                return output, tries.variant, verification

    def _produce_one(self, plan: Plan, *, variant: Variant, source: Path, output: Path, wall: float) -> Verification:
        wall = max(wall, _SHORTEST_WALL)
        with self._stage(Stage.TRANSCODE, allowance=wall):
            run = self._context.runner.transcode(
                replace(plan, wall_limit=wall),
                variant=variant,
                source=source,
                output=output,
                on_progress=self._observer.note_progress,
                stop=self._observer.stop,
            )
            self.note_log(run.log_tail)
        with self._stage(Stage.VERIFY, allowance=plan.wall_limit):
            return self._context.runner.verify(
                output, source=source, plan=plan, variant=variant, stop=self._observer.stop, run=run
            )

    def _upload(self, output: Path, *, plan: Plan, variant: Variant, verification: Verification) -> Rendition:
        task, store = self._task, self._context.store
        key = rendition_key(task.claim_token, profile=task.profile, extension=plan.profile.extension)
        size = output.stat().st_size
        # The executor writes the key into the attempt's row; where the claim is lost by now, this raises ClaimLost. The
        # call stands before the stage, since the stage's deadline leaves no time to wait for the database.
        self._observer.announce_output(bucket=store.bucket, key=key)
        with self._stage(Stage.UPLOAD, size=size):
            with output.open("rb") as opened:
                sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
            store.put(key, output, sha256=sha256, content_type=plan.mime_type, stop=self._observer.stop)
        return Rendition(
            bucket=store.bucket,
            key=key,
            url=store.url(key),
            size=size,
            sha256=sha256,
            decision=str(variant.name),
            flags=variant.flags,
            verification=str(verification.result),
            salvaged_ratio=verification.ratio,
            duration=verification.duration,
            width=verification.width,
            height=verification.height,
            video_codec=verification.video_codec,
            audio_codec=verification.audio_codec,
            is_film=variant.expectation.medium is Medium.VIDEO,
        )

    @contextmanager
    def _stage(self, stage: Stage, *, size: int = 0, allowance: float = 0.0) -> Iterator[None]:
        """Times the stage, tells the observer about it, and enters it only while the attempt is not told to stop."""
        if self._observer.stop.is_set():
            raise Stopped(f"told to stop before {stage}")
        self._observer.enter_stage(stage, allowance=_STAGE_ALLOWANCE + size / _SLOWEST_TRANSFER + allowance)
        begun = clock.elapsed()
        try:
            yield
        finally:
            self._observer.leave_stage()
            self._stage_seconds[stage] = self._stage_seconds.get(stage, 0.0) + clock.elapsed() - begun
