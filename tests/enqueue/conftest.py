"""An enqueuer on real parts, and the rows to look at afterwards."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from mediaproc.admission import MemoryBudget
from mediaproc.attempt_context import AttemptContext
from mediaproc.core.probe import Probe
from mediaproc.core.progress import Progress
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask
from mediaproc.core.wait import Wait
from mediaproc.db.database import Database
from mediaproc.disk_room import DiskRoom
from mediaproc.enqueue import Enqueued, Enqueuer
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.scratch import Scratch
from mediaproc.slots import Slots
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from mediaproc.work import work


@pytest.fixture(scope="session")
def runner() -> FfmpegRunner:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    return FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))


@pytest.fixture
def store(minio_url: str) -> Store:
    return open_store(minio_url)


@pytest.fixture
def enqueuer(engine: Engine, store: Store, runner: FfmpegRunner) -> Enqueuer:
    return Enqueuer(database=Database(engine), store=store, runner=runner)


class Rows:
    """The rows of the tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, table: str) -> Sequence[Any]:
        with self._engine.begin() as connection:
            return connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).all()  # noqa: S608 - our own names

    def run(self, statement: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), values)

    def finish(self, task: int, *, outcome: str = "cancelled") -> None:
        """Moves the task to history, as a settle or a cancel does."""
        rendition = (
            "output_bucket = 'b', output_key = 'k', output_sha256 = 's', output_size = 1, verification = 'verified',"
            " claim_token = gen_random_uuid(), outcome = 'completed'"
        )
        self.run(
            "WITH left_for_history AS (DELETE FROM media_process WHERE id = :id RETURNING *)"
            " INSERT INTO media_process_history (id, file_id, profile, filename, bucket, object_key, priority,"
            " fail_count, attempt, outcome, created_at)"
            " SELECT id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, 'cancelled',"
            " created_at FROM left_for_history",
            id=task,
        )
        if outcome == "completed":
            self.run(f"UPDATE media_process_history SET {rendition} WHERE id = :id", id=task)  # noqa: S608


@pytest.fixture
def rows(engine: Engine) -> Rows:
    return Rows(engine)


class Taking:
    """Enqueues a path with the usual arguments."""

    def __init__(self, enqueuer: Enqueuer) -> None:
        self.enqueuer = enqueuer

    def __call__(self, path: Path, **options: Any) -> Enqueued:  # noqa: ANN401 - as Enqueuer.enqueue
        return self.enqueuer.enqueue(path, **({"stop": Event()} | options))


@pytest.fixture
def take(enqueuer: Enqueuer) -> Taking:
    return Taking(enqueuer)


Attempt = Callable[..., object]


class Watching:
    """Lets the attempt go on; `at` is called when it enters a stage."""

    def __init__(self, at: Callable[[Stage], None] = lambda _stage: None) -> None:
        self.stop = threading.Event()
        self._at = at

    def enter_stage(self, stage: Stage, *, allowance: float) -> None:
        assert allowance > 0
        self._at(stage)

    def leave_stage(self) -> None:
        """Nobody looks."""

    def recall_probe(self, _read: Callable[[bytes], Probe | None]) -> Probe | None:
        """Nothing is kept."""
        return None

    def begin_wait(self, wait: Wait) -> None:
        """Nobody looks."""

    def end_wait(self) -> None:
        """Nobody looks."""

    def note_encode(self, *, threads: int) -> None:
        assert threads > 0

    def note_progress(self, progress: Progress) -> None:
        """Nobody looks."""

    def announce_output(self, *, bucket: str, key: str) -> None:
        """Nobody forbids it."""


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    scratch = Scratch(tmp_path / "scratch", executor_id=uuid4())
    yield scratch
    assert [path.name for path in scratch.folder.iterdir() if path.is_dir()] == []
    scratch.close()


@pytest.fixture
def attempt(runner: FfmpegRunner, scratch: Scratch, rows: Rows) -> Attempt:
    """One attempt at the only task, with that store; returns how it ended."""

    def run(store: Store, *, observer: Watching | None = None, memory: MemoryBudget | None = None) -> object:
        [file], [row] = rows.of("media_files"), rows.of("media_process")
        task = ClaimedTask(
            id=row.id,
            file_id=row.file_id,
            profile=row.profile,
            filename=row.filename,
            bucket=row.bucket,
            object_key=row.object_key,
            size=file.size,
            attempt=1,
            fail_count=0,
            position=row.position,
            claim_token=uuid4(),
        )
        memory = memory or MemoryBudget(8 * 1024**3)
        context = AttemptContext(
            store=store, runner=runner, scratch=scratch, memory=memory, slots=Slots(1), room=DiskRoom(scratch)
        )
        return work(task, context=context, observer=observer or Watching()).ending

    return run
