"""One attempt that brings a draft from a URL: download, read, pack, upload; it takes a claimed task as `work` does."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mediaproc import clock
from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.attempt_outcome import outcome_of
from mediaproc.attempt_stages import AttemptStages, await_room
from mediaproc.core.draft import DraftLimits
from mediaproc.core.draft_url.file_list import LARGEST as LARGEST_LIST
from mediaproc.core.draft_url.file_list import read_file_list
from mediaproc.core.draft_url.request import LARGEST as LARGEST_REQUEST
from mediaproc.core.draft_url.request import DraftUrlRequest, draft_id_of
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, PartMissing
from mediaproc.core.keys import rendition_key
from mediaproc.core.lifecycle import Released
from mediaproc.core.outbound_url import AllowedHosts
from mediaproc.core.progress import Progress
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, FollowUp, Outcome, Rendition
from mediaproc.core.verification import VerificationResult
from mediaproc.db.database import Database
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_download import receipt
from mediaproc.draft_download.asking import LONGEST, Asker, AwayForNow
from mediaproc.draft_download.bundle_upload import upload_bundle
from mediaproc.draft_download.draft_files import DraftFiles
from mediaproc.guarded_http import GuardedHttp
from mediaproc.store.interface import Store
from mediaproc.work import download_source

# How the rendition came to be, where history says "copy" or "encode" of others.
_DECISION = "fetch"


@dataclass(frozen=True, kw_only=True)
class DraftDownloader:
    """Makes the attempts of an executor that may ask other hosts for drafts; many threads may use it."""

    database: Database
    http: GuardedHttp
    hosts: AllowedHosts
    limits: BundleLimits
    draft_limits: DraftLimits

    def __call__(self, task: ClaimedTask, /, *, context: AttemptContext, observer: AttemptObserver) -> Outcome:
        """What became of the attempt."""
        stages = AttemptStages(observer)
        attempt = _Attempt(parts=self, task=task, context=context, observer=observer, stages=stages)
        return outcome_of(attempt.run, stages=stages)


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    parts: DraftDownloader
    task: ClaimedTask
    context: AttemptContext
    observer: AttemptObserver
    stages: AttemptStages

    def run(self) -> Rendition | Released:
        """The rendition with its follow-up; or the task is given back, since the other side is away."""
        try:
            with self.context.room.attempt_folder(self.task.claim_token) as folder:
                return self._brought(folder)
        except AwayForNow as error:
            return Released(error_class=ErrorClass.DRAFT_URL_UNAVAILABLE, error=str(error), delay=error.delay)

    def _brought(self, folder: Path) -> Rendition:
        request = self._request(folder)
        draft_id = draft_id_of(request.draft_url)
        with self.stages.stage(Stage.DOWNLOAD, allowance=LONGEST):
            files = self._download(request, draft_id=draft_id, folder=folder)
        bundle, listed = folder / "bundle", folder / "receipt"
        with self.stages.stage(Stage.VERIFY, size=files.size):
            files.pack(bundle)
            receipt.write_receipt(listed, bundle=receipt.sha256_of(bundle), files=files.paths)
        return self._upload(bundle, listed, draft_id=draft_id)

    def _request(self, folder: Path) -> DraftUrlRequest:
        task, path = self.task, folder / "source"
        if task.size > LARGEST_REQUEST:
            raise BadSource("The file is no request for a draft: it is too large.", error_class=ErrorClass.UNREADABLE)
        with self.stages.stage(Stage.DOWNLOAD, size=task.size):
            download_source(
                self.context.store, path, key=task.object_key, sha256=task.file_id, size=task.size,
                stop=self.observer.stop,
            )  # fmt: skip
        return DraftUrlRequest.decoded(path.read_bytes())

    def _download(self, request: DraftUrlRequest, *, draft_id: str | None, folder: Path) -> DraftFiles:
        parts = self.parts
        asker = Asker(http=parts.http, hosts=parts.hosts, stop=self.observer.stop, until=clock.elapsed() + LONGEST)
        listing = asker.content(request.draft_url, most=LARGEST_LIST)
        listed = read_file_list(listing, draft_id=draft_id, most=parts.limits.max_files)
        files = DraftFiles(folder=folder, bring=lambda *_: 0, limits=parts.limits)

        def bring(url: str, path: Path, most: int) -> int:
            # The bundle takes as much again as the files.
            room = partial(self._await_room, folder, held=files.size)
            return asker.to_file(url, path, most=most, on_size=lambda size: room(files.size + 2 * size))

        files.bring = bring
        for number, file in enumerate(listed):
            files.download(file)
            self.observer.note_progress(Progress(seconds=0.0, fraction=number / len(listed), size=files.size))
        files.complete(draft_id=draft_id, limits=parts.draft_limits)
        return files

    def _await_room(self, folder: Path, size: int, *, held: int) -> None:
        await_room(folder, size, held=held, context=self.context, observer=self.observer)

    def _upload(self, bundle: Path, listed: Path, *, draft_id: str | None) -> Rendition:
        task, store, stop = self.task, self.context.store, self.observer.stop
        key = rendition_key(task.claim_token, profile=task.profile, extension="json")
        self.observer.announce_output(bucket=store.bucket, key=key)
        with self.stages.stage(Stage.UPLOAD, size=bundle.stat().st_size):
            follow_up = self._handed_in(bundle, filename=f"{draft_id or 'draft'}.zip")
            sha256 = receipt.sha256_of(listed)
            store.put(key, listed, sha256=sha256, content_type=receipt.MIME_TYPE, stop=stop)
        size = listed.stat().st_size
        return _rendition(key, store=store, sha256=sha256, size=size, follow_up=follow_up)

    def _handed_in(self, bundle: Path, *, filename: str) -> FollowUp:
        """The bundle as a source, of which a task is to be made.

        Raises:
            AttemptFailed: this executor may not hand in anything.
            Unavailable, Stopped: as `upload_bundle`.
        """
        parts, stop = self.parts, self.observer.stop
        try:
            return upload_bundle(
                bundle, filename=filename, database=parts.database, store=self.context.store, stop=stop
            )
        except PartMissing as error:
            # A strike, since a release would keep this executor from all that it can do.
            raise AttemptFailed(
                f"This executor cannot hand in what it brought: {error} An executor that brings drafts needs the rights"
                " of a fetcher.",
                error_class=ErrorClass.DATABASE_UNAVAILABLE,
            ) from None


def _rendition(key: str, *, store: Store, sha256: str, size: int, follow_up: FollowUp) -> Rendition:
    return Rendition(
        bucket=store.bucket,
        key=key,
        url=store.url(key),
        size=size,
        sha256=sha256,
        decision=_DECISION,
        flags=(),
        verification=str(VerificationResult.VERIFIED),
        salvaged_ratio=None,
        duration=None,
        width=None,
        height=None,
        video_codec=None,
        audio_codec=None,
        is_film=False,
        follow_up=follow_up,
    )
