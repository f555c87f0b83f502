"""The act of completing a task with a file that a person made elsewhere: verified, uploaded and settled as any output.

The file is verified before the task is touched, so that one that does not pass leaves the task as it was. What follows
has a claim of its own: executors leave the task alone, and should this process die, the lease compensates and the sweep
removes the object.
"""

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

from mediaproc.core.errors import (
    AttemptFailed,
    BadSource,
    ClaimLost,
    ErrorClass,
    MediaprocError,
    PartMissing,
    Stopped,
    Unavailable,
    WrongUse,
)
from mediaproc.core.expectation import CopiedStreams, Medium
from mediaproc.core.keys import rendition_key
from mediaproc.core.lifecycle import Status
from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan, Variant
from mediaproc.core.profile import Profile, profile_named
from mediaproc.core.safe_text import quoted
from mediaproc.core.selection import Selection
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Rendition, Report
from mediaproc.core.verification import Verification
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.db import audit, files
from mediaproc.db.database import Database
from mediaproc.db.tasks import lease
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.person_claim import OpenTask, claim_for_person, give_back, open_task
from mediaproc.db.tasks.settle import settle_completed
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.processors import Facts, GuardedProcessor, Processors
from mediaproc.scratch import Scratch
from mediaproc.store.interface import Store
from mediaproc.work import download_source, store_rendition

# What history says of a rendition that a person brought.
DECISION = "by_person"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What a completion works with, as an executor would; `lease` in seconds."""

    database: Database
    store: Store
    runner: FfmpegRunner
    scratch: Path
    lease: float
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    processors: Processors = field(default_factory=Processors)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """The task that is done now, and the rendition that the person's file became."""

    task_id: int
    rendition: Rendition


@dataclass(frozen=True, kw_only=True)
class CompletionAnswer:
    """The same for programs; `output` is the rendition's key."""

    task: int
    done: bool
    output: str
    error: None = None

    @classmethod
    def of(cls, completed: Completed) -> Self:
        """Of what was done."""
        return cls(task=completed.task_id, done=True, output=completed.rendition.key)


def complete(workshop: Workshop, *, task_id: int, file: Path, actor: str, told_as: str | None = None) -> Completed:
    """Verify the file as an output of the task, and settle the task with it; sentences name it `told_as`.

    Raises:
        MediaprocError: there is no such task, it is done or being worked on, or the file does not pass; then nothing
            is changed and nothing kept.
        Unavailable, PartMissing: a part does not answer.
    """
    person = uuid4()
    scratch = Scratch(workshop.scratch, executor_id=person)
    try:
        with scratch.attempt_folder(uuid4()) as folder:
            told = told_as or quoted(str(file))
            return _Completion(workshop, task_id=task_id, actor=actor, person=person, told=told).run(file, folder)
    finally:
        scratch.close()


@dataclass(frozen=True)
class _Completion:
    workshop: Workshop
    task_id: int
    actor: str
    person: UUID
    told: str
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, file: Path, folder: Path) -> Completed:
        task = self._open_task()
        profile = profile_named(task.profile, extra=self.workshop.profiles)
        processor = self._processor(profile)
        plan = self._plan(task, processor=processor, profile=profile, source=folder / "source")
        output = _copied(file, folder / plan.output_name)
        variant = _that_a_person_makes(plan)
        try:
            verification = self.workshop.runner.verify(
                output, source=folder / "source", plan=plan, variant=variant, stop=self.stop
            )
        except (AttemptFailed, BadSource) as error:
            raise MediaprocError(f"{self.told} cannot complete task {self.task_id}: {error}") from None
        return self._settle(output, plan=plan, variant=variant, verification=verification)

    def _open_task(self) -> OpenTask:
        with self.workshop.database.read() as connection:
            task = open_task(connection, task_id=self.task_id)
        if task is None:
            raise MediaprocError(f"There is no task {self.task_id} that is not done.")
        if task.status is Status.PROCESSING:
            raise self._is_being_worked_on()
        if task.bucket != self.workshop.store.bucket:
            raise MediaprocError(
                f"The source of task {self.task_id} is in the bucket {task.bucket}:"
                " MEDIAPROC_STORE_URL must name the store that has it."
            )
        return task

    def _is_being_worked_on(self) -> MediaprocError:
        return MediaprocError(f"Task {self.task_id} is being worked on: wait for its end, or cancel it.")

    def _processor(self, profile: Profile) -> GuardedProcessor:
        processor = self.workshop.processors.named(profile.processor)
        if processor is None:
            raise MediaprocError(
                f"The processor of task {self.task_id}, {profile.processor}, is not there: install it."
            )
        if processor.opens_sources:
            raise MediaprocError(
                f"Task {self.task_id} cannot be completed with a file: its rendition, {profile.name}, is drawn of many"
                " files, against which nobody else's can be held; retry or cancel it."
            )
        return processor

    def _plan(self, task: OpenTask, *, processor: GuardedProcessor, profile: Profile, source: Path) -> Plan:
        """What an executor would have made of the source: what the file is held to."""
        shop = self.workshop
        try:
            download_source(
                shop.store, source, key=task.object_key, sha256=task.file_id, size=task.size, stop=self.stop
            )
            with shop.database.read() as connection:
                record = files.kept_probe(connection, file_id=task.file_id)
            probe = None if record is None else shop.runner.probe_of(record, file_id=task.file_id)
            facts = Facts(source=probe or shop.runner.probe(source, stop=self.stop))
            return processor.plan(facts, profile=profile, threads=1, limits=shop.limits)
        except (AttemptFailed, BadSource) as error:
            raise MediaprocError(f"Nothing can be held against the source of task {self.task_id}: {error}") from None

    def _settle(self, output: Path, *, plan: Plan, variant: Variant, verification: Verification) -> Completed:
        shop = self.workshop
        claimant = Claimant(executor_id=self.person, shard=Shard(0, 1), lease=shop.lease)
        with shop.database.write() as connection:
            claimed = claim_for_person(connection, task_id=self.task_id, claimant=claimant)
        if claimed is None:
            raise self._is_being_worked_on()
        task, before = claimed
        key = rendition_key(task.claim_token, profile=task.profile, extension=plan.profile.extension)
        try:
            with self._renewing(task):
                self._announce(task, key=key)
                rendition = store_rendition(
                    shop.store, output, key=key, plan=plan, variant=variant, verification=verification, stop=self.stop
                )
        except BaseException as error:
            self._undo(task, before=before, key=key, error=error)
            if isinstance(error, Stopped | ClaimLost):
                raise self._was_taken() from None
            raise
        rendition = replace(rendition, decision=DECISION, flags=(), notes=())
        with shop.database.write() as connection:
            is_settled = settle_completed(
                connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition, report=Report()
            )
            if is_settled:
                audit.record(
                    connection, actor=self.actor, act="complete", selection=str(Selection(ids=(task.id,))), count=1
                )
        if not is_settled:
            shop.store.delete(key)
            raise self._was_taken()
        return Completed(task_id=task.id, rendition=rendition)

    def _was_taken(self) -> MediaprocError:
        return MediaprocError(f"Task {self.task_id} was taken away meanwhile: nothing of the file was kept.")

    def _announce(self, task: ClaimedTask, *, key: str) -> None:
        with self.workshop.database.write() as connection:
            is_held = lease.announce_output(
                connection, task_id=task.id, claim_token=task.claim_token, bucket=self.workshop.store.bucket, key=key
            )
        if not is_held:
            raise ClaimLost("the claim was lost before the upload")

    def _undo(self, task: ClaimedTask, *, before: Status, key: str, error: BaseException) -> None:
        """Leave nothing behind; what cannot be undone is left to the lease and the sweep."""
        error_class = error.error_class if isinstance(error, Unavailable) else ErrorClass.DRAINED
        with suppress(Unavailable, PartMissing):
            self.workshop.store.delete(key)
        with suppress(Unavailable, PartMissing), self.workshop.database.write() as connection:
            give_back(
                connection, task_id=task.id, claim_token=task.claim_token, status=before, error_class=error_class,
                error="A person brought its rendition, and could not upload it.",
            )  # fmt: skip

    @contextmanager
    def _renewing(self, task: ClaimedTask) -> Iterator[None]:
        """Inside the block the lease is renewed; where the claim is found lost, the upload is stopped."""
        ended = threading.Event()
        held = [lease.Held(task_id=task.id, claim_token=task.claim_token, progress=None)]

        def go_on() -> None:
            while not ended.wait(self.workshop.lease / 4):
                with suppress(Unavailable, PartMissing), self.workshop.database.write() as connection:
                    if lease.renew(connection, held=held, lease=self.workshop.lease).lost:
                        self.stop.set()

        renewals = run_in_daemon_thread(go_on, name="lease")
        try:
            yield
        finally:
            ended.set()
            renewals.result()


def _copied(file: Path, to: Path) -> Path:
    """A copy that nobody changes while it is verified and uploaded."""
    try:
        shutil.copyfile(file, to)
    except OSError as error:
        raise WrongUse(f"The file {quoted(str(file))} cannot be read: {error.strerror or error}.") from None
    return to


def _that_a_person_makes(plan: Plan) -> Variant:
    """The variant whose output the file is taken for: it is no copy of the source's packets, wherever it comes from."""
    is_video = plan.profile.medium is not Medium.AUDIO
    made = [each for each in plan.variants if (each.encodes_video if is_video else each.encodes_audio)]
    variant = (made or list(plan.variants))[0]
    return replace(variant, expectation=replace(variant.expectation, copied=CopiedStreams(), is_last=False))
