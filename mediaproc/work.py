"""One attempt: download, probe, plan, transcode, verify, upload; it takes a claimed task and returns an outcome."""

import hashlib
import threading
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.attempt_outcome import outcome_of
from mediaproc.attempt_stages import AttemptStages, await_room
from mediaproc.core.errors import AttemptFailed, ErrorClass, WrongUse
from mediaproc.core.expectation import Medium
from mediaproc.core.keys import rendition_key
from mediaproc.core.notes import flags_of
from mediaproc.core.plan import Plan, Variant, least_output
from mediaproc.core.profile import Profile, profile_named
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Outcome, Rendition
from mediaproc.core.verification import Verification
from mediaproc.gathering import Gathering
from mediaproc.processors import Facts, GuardedProcessor
from mediaproc.production import Production
from mediaproc.store.interface import Store


def work(
    task: ClaimedTask, *, context: AttemptContext, observer: AttemptObserver, threads: Callable[[], int] = lambda: 1
) -> Outcome:
    """What became of the attempt. Each of the project's errors becomes an ending; a bug propagates.

    `threads` is asked when an encode has its slot, and tells how many threads it shall have.

    The observer is the executor's `RunningAttempt`; `outcome_of` says when the outcome has no ending.
    """
    attempt = _Attempt(task, context=context, observer=observer, threads=threads)
    return outcome_of(attempt.run, stages=attempt.stages)


class _Attempt:
    def __init__(
        self, task: ClaimedTask, *, context: AttemptContext, observer: AttemptObserver, threads: Callable[[], int]
    ) -> None:
        self._task = task
        self._context = context
        self._observer = observer
        self._threads = threads
        self.stages = AttemptStages(observer)

    def run(self) -> Rendition:
        profile = self._profile()
        processor = self._processor(profile)
        with self._context.room.attempt_folder(self._task.claim_token) as folder:
            # A source whose output is sure to have no room is not even downloaded; the plan tells the exact need.
            self._await_room(folder, self._task.size + least_output(profile, limits=self._context.limits))
            source = self._download(folder)
            gathered = self._gathering().gather(source, processor=processor, profile=profile)
            # Several parts of the attempt ask for it, most of them with one thread.
            plans = cache(partial(_plan, gathered.facts, processor=processor, profile=profile, context=self._context))
            plan = plans(1)
            self._await_room(folder, plan.output_estimate, held=gathered.size)
            output, variant, verification = self._production().make(plans, source=gathered.path, folder=folder)
            return self._upload(output, plan=plan, variant=variant, verification=verification)

    def _await_room(self, folder: Path, size: int, *, held: int = 0) -> None:
        await_room(folder, size, held=held, context=self._context, observer=self._observer)

    def _gathering(self) -> Gathering:
        return Gathering(task=self._task, context=self._context, observer=self._observer, stages=self.stages)

    def _production(self) -> Production:
        return Production(
            context=self._context,
            observer=self._observer,
            stages=self.stages,
            position=self._task.position,
            threads=self._threads,
        )

    def _profile(self) -> Profile:
        try:
            return profile_named(self._task.profile, extra=self._context.profiles)
        except WrongUse as error:
            raise AttemptFailed(str(error), error_class=ErrorClass.UNKNOWN_PROFILE) from None

    def _processor(self, profile: Profile) -> GuardedProcessor:
        processors = self._context.processors
        processor = processors.named(profile.processor)
        if processor is None:
            raise AttemptFailed(
                f"The profile {profile.name} needs the processor {profile.processor}, which is not there: install the"
                " package that brings it.",
                error_class=ErrorClass.UNKNOWN_PROFILE,
            )
        refusal = processors.refusal(profile, mime_type=self._task.mime_type)
        if refusal is not None:
            raise refusal
        return processor

    def _download(self, folder: Path) -> Path:
        task = self._task
        source = folder / "source"
        with self.stages.stage(Stage.DOWNLOAD, size=task.size):
            download_source(
                self._context.store, source, key=task.object_key, sha256=task.file_id, size=task.size,
                stop=self._observer.stop,
            )  # fmt: skip
        return source

    def _upload(self, output: Path, *, plan: Plan, variant: Variant, verification: Verification) -> Rendition:
        task, store = self._task, self._context.store
        key = rendition_key(task.claim_token, profile=task.profile, extension=plan.profile.extension)
        # The executor writes the key into the attempt's row; where the claim is lost by now, this raises ClaimLost. The
        # call stands before the stage, since the stage's deadline leaves no time to wait for the database.
        self._observer.announce_output(bucket=store.bucket, key=key)
        with self.stages.stage(Stage.UPLOAD, size=output.stat().st_size):
            return store_rendition(
                store, output, key=key, plan=plan, variant=variant, verification=verification, stop=self._observer.stop
            )


def download_source(store: Store, to: Path, *, key: str, sha256: str, size: int, stop: threading.Event) -> None:
    """Bring a source of so many bytes, and with this checksum.

    Raises:
        AttemptFailed: the store has another one.
        Unavailable, Stopped: as `Store.get`.
    """
    received = store.get(key, to, stop=stop, most=size)
    if received.sha256 != sha256:
        raise AttemptFailed(
            f"The stored object is not what was uploaded: {received.size} bytes came with another checksum,"
            f" {size} were stored; the object {key} must be restored or uploaded again.",
            error_class=ErrorClass.SOURCE_CORRUPTED,
        )


def store_rendition(
    store: Store,
    output: Path,
    *,
    key: str,
    plan: Plan,
    variant: Variant,
    verification: Verification,
    stop: threading.Event,
) -> Rendition:
    """Keep a verified output under the key; raises as `Store.put`."""
    with output.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    store.put(key, output, sha256=sha256, content_type=plan.mime_type, stop=stop)
    return Rendition(
        bucket=store.bucket,
        key=key,
        url=store.url(key),
        size=output.stat().st_size,
        sha256=sha256,
        decision=str(variant.name),
        flags=(*variant.flags, *flags_of(plan.notes)),
        notes=plan.notes,
        verification=str(verification.result),
        salvaged_ratio=verification.ratio,
        duration=verification.duration,
        width=verification.width,
        height=verification.height,
        video_codec=verification.video_codec,
        audio_codec=verification.audio_codec,
        is_film=variant.expectation.medium is Medium.VIDEO,
    )


def _plan(
    facts: Facts, threads: int, *, processor: GuardedProcessor, profile: Profile, context: AttemptContext
) -> Plan:
    return processor.plan(facts, profile=profile, threads=threads, limits=context.limits)
