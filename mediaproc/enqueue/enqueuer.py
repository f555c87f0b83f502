"""Enqueues one path: reads the source, examines it, uploads it, and in one transaction stores file and tasks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.keys import source_key
from mediaproc.core.limits import Limits
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile, profile_named
from mediaproc.core.source_kind import default_profiles, is_zip, misfits_by_kind
from mediaproc.core.source_type import SourceType
from mediaproc.db import files
from mediaproc.db.database import Connection, Database
from mediaproc.db.files import NewFile, StoredFile
from mediaproc.db.tasks.insert import TaskOfFile
from mediaproc.db.tasks.tasks_of_file import insert_tasks, tasks_of
from mediaproc.db.uploads import record_upload
from mediaproc.enqueue.draft_sources import packed
from mediaproc.enqueue.duplicates import find_stored_file, is_object_whole
from mediaproc.enqueue.enqueued import Enqueued
from mediaproc.enqueue.examination import Facts, examine
from mediaproc.enqueue.expected_costs import expected_costs
from mediaproc.enqueue.source_file import SourceFile, read_source_file
from mediaproc.enqueue.unfinished_uploads import UploadKeepAlive
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.processors import Processors
from mediaproc.store.interface import Store, ignore_bytes

# How often an upload is begun: again when another process has swept its row in the middle of it. Once that is chance.
_MOST_UPLOADS = 3


@dataclass(frozen=True, kw_only=True)
class Enqueuer:
    """Enqueues sources, from several threads at a time; `extra` are profiles beside the built-in ones.

    Drafts' folders are packed below `scratch_root`. With `decodes_alone`, no other node will work on the sources: one
    that this node's ffmpeg cannot decode is refused.
    """

    database: Database
    store: Store
    runner: FfmpegRunner
    extra: Mapping[str, Profile] = field(default_factory=dict)
    processors: Processors = field(default_factory=Processors)
    limits: Limits = field(default_factory=Limits)
    decodes_alone: bool = False
    scratch_root: Path | None = None

    def prepare_store(self) -> None:
        """Check the store, and make a bucket that is missing.

        It is not made where the database knows objects in it: such a bucket is out of reach, not missing.

        Raises:
            Unavailable, PartMissing: database or store.
        """
        with self.database.read() as connection:
            is_known = files.knows_objects(connection, bucket=self.store.bucket)
        if is_known:
            self.store.check()
        else:
            self.store.prepare()

    def enqueue(  # noqa: PLR0913 - each is a choice of its own
        self,
        path: Path,
        *,
        within: Path | None = None,
        filename: str | None = None,
        profiles: Sequence[str] = (),
        priority: int = 0,
        tenant: str = "",
        force: bool = False,
        stop: Event,
        on_bytes: Callable[[int], None] = ignore_bytes,
    ) -> Enqueued:
        """Store the file and insert one task for each profile, or say why not; a task that is there already stays.

        Without `profiles`, a film becomes an mp4, and a draft the profile of drafts. A draft's folder is one file.

        A `path` that was found in the folder `within` is read without following a link inside that folder. `filename`
        is what its uploader calls it, where that is not the path's name. `force` makes a new task where the old one is
        in history. `on_bytes` counts every byte of an accepted file, also where the store has them already. The
        `tenant` has the file from now on, also where others had it before; a task stays its first one's.

        Raises:
            WrongUse: there is no such profile.
            Unavailable, PartMissing: database or store; the next call continues an upload that was begun.
            Stopped: `stop` was set.
        """
        self._profiles(profiles)
        try:
            with packed(path, within=within, scratch_root=self.scratch_root) as file:
                is_folder = file != path
                source = read_source_file(file, stop=stop, within=None if is_folder else within)
                source = replace(source, name=filename or (f"{path.resolve().name}.zip" if is_folder else None))
                of_draft = is_zip(source.head)
                wanted = self._profiles(profiles or default_profiles(of_draft=of_draft))
                wrong = misfits_by_kind(wanted, of_draft=of_draft)
                fitting = {name: profile for name, profile in wanted.items() if name not in wrong}
                if not fitting:
                    raise next(iter(wrong.values()))
                tasks, misfits = self._upload_and_insert(
                    source, wanted=fitting, priority=priority, tenant=tenant, force=force, stop=stop, on_bytes=on_bytes
                )
        except (BadSource, AttemptFailed) as error:
            return Enqueued(path=path, status="refused", error=str(error), error_class=error.error_class)
        return Enqueued.of(path=path, file=source.sha256, tasks=tasks, misfits={**wrong, **misfits})

    def _profiles(self, names: Sequence[str]) -> Mapping[str, Profile]:
        return {name: profile_named(name, extra=self.extra) for name in names}

    def _upload_and_insert(
        self,
        source: SourceFile,
        *,
        wanted: Mapping[str, Profile],
        priority: int,
        tenant: str,
        force: bool,
        stop: Event,
        on_bytes: Callable[[int], None],
    ) -> tuple[tuple[TaskOfFile, ...], Mapping[str, BadSource]]:
        """The task of each profile, old or new, and why a profile has none."""
        for _ in range(_MOST_UPLOADS):
            uploaded = self._ensure_uploaded(source, wanted=wanted, force=force, stop=stop, on_bytes=on_bytes)
            fitting = {name: profile for name, profile in wanted.items() if name not in uploaded.misfits}
            costs = expected_costs(uploaded.facts, wanted=fitting, size=source.size, limits=self.limits)
            with self.database.write() as connection:
                if _mark_stored(connection, source=source, uploaded=uploaded):
                    record_upload(connection, file_id=source.sha256, tenant=tenant, filename=source.filename)
                    tasks = insert_tasks(
                        connection,
                        file_id=source.sha256,
                        filename=source.filename,
                        costs=costs,
                        priority=priority,
                        tenant=tenant,
                        force=force,
                    )
                    return tasks, uploaded.misfits
        raise AttemptFailed(
            "Somebody else gives up every upload of these bytes: enqueue the file again.",
            error_class=ErrorClass.SOURCE_MISSING,
        )

    def _ensure_uploaded(
        self,
        source: SourceFile,
        *,
        wanted: Mapping[str, Profile],
        force: bool,
        stop: Event,
        on_bytes: Callable[[int], None],
    ) -> "_Uploaded":
        """Where the store keeps the bytes, and what is known of them; uploads all but a duplicate."""
        known = find_stored_file(source, database=self.database, store=self.store)
        if known and is_object_whole(known, source=source, store=self.store):
            on_bytes(source.size)
            facts = self._kept_facts(source, wanted=wanted, force=force)
            return _Uploaded(place=known, facts=Facts(probe=facts), is_duplicate=True)
        found = examine(
            source,
            runner=self.runner,
            processors=self.processors,
            wanted=wanted,
            limits=self.limits,
            decodes_alone=self.decodes_alone,
            stop=stop,
        )
        file = self._new_file(source, kind=found.kind, known=known)
        with self.database.write() as connection:
            files.begin_upload(connection, file=file)
        self._upload(source, file=file, stop=stop, on_bytes=on_bytes)
        place = StoredFile(bucket=file.bucket, object_key=file.object_key)
        # Only now: a file that held other bytes for a moment, while it was probed, has been written to once more since.
        probe = found.facts.probe if source.is_still(found.path) else None
        record = None if probe is None else self.runner.record_of(probe, file_id=file.id)
        return _Uploaded(place=place, misfits=found.misfits, probe=record, facts=found.facts)

    def _kept_facts(self, source: SourceFile, *, wanted: Iterable[str], force: bool) -> Probe | None:
        """What is known of stored bytes, for new tasks of theirs; None where each profile has one already."""
        with self.database.read() as connection:
            had = tasks_of(connection, file_id=source.sha256, force=force)
            record = None if had.keys() >= set(wanted) else files.kept_probe(connection, file_id=source.sha256)
        return self.runner.probe_of(record, file_id=source.sha256) if record else None

    def _new_file(self, source: SourceFile, *, kind: SourceType, known: StoredFile | None) -> NewFile:
        """The file's row, made from its content alone."""
        return NewFile(
            id=source.sha256,
            filename=source.filename,
            bucket=self.store.bucket,
            object_key=known.object_key if known else source_key(source.sha256, extension=kind.extension),
            mime_type=kind.mime_type,
            size=source.size,
        )

    def _upload(self, source: SourceFile, *, file: NewFile, stop: Event, on_bytes: Callable[[int], None]) -> None:
        try:
            self.store.put(
                file.object_key,
                source.path,
                sha256=file.id,
                content_type=file.mime_type,
                stop=stop,
                on_bytes=UploadKeepAlive(self.database, file_id=file.id, on_bytes=on_bytes),
            )
        except AttemptFailed:
            # The file changed while it was uploaded.
            with self.database.write() as connection:
                files.abandon_upload(connection, file_id=file.id)
            raise


@dataclass(frozen=True, kw_only=True)
class _Uploaded:
    """Where the bytes are; which profiles can make nothing of them; the facts, and their record to keep."""

    place: StoredFile
    facts: Facts
    misfits: Mapping[str, BadSource] = field(default_factory=dict)
    probe: bytes | None = None
    is_duplicate: bool = False


def _mark_stored(connection: Connection, *, source: SourceFile, uploaded: _Uploaded) -> bool:
    place = uploaded.place
    return files.store_file(
        connection,
        file_id=source.sha256,
        bucket=place.bucket,
        object_key=place.object_key,
        probe=uploaded.probe,
        is_duplicate=uploaded.is_duplicate,
    )
