"""An enqueuer on real parts, and the rows to look at afterwards."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, text

from mediaproc.enqueue import Enqueued, Enqueuer
from mediaproc.ffmpeg.detection import find_sandbox
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.store.open import open_store
from mediaproc.store.protocol import Store


@pytest.fixture(scope="session")
def runner() -> FfmpegRunner:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    return FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))


@pytest.fixture
def store(minio_url: str) -> Store:
    return open_store(minio_url)


@pytest.fixture
def enqueuer(engine: Engine, store: Store, runner: FfmpegRunner) -> Enqueuer:
    return Enqueuer(engine=engine, store=store, runner=runner)


class Rows:
    """What the tables hold."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, table: str) -> Sequence[Any]:
        with self._engine.begin() as connection:
            return connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).all()  # noqa: S608 - our own names

    def run(self, statement: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), values)

    def finish(self, task: int, *, outcome: str = "cancelled") -> None:
        """The task leaves for history, as a settle or a cancel moves it."""
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
    """Enqueues without saying everything each time."""

    def __init__(self, enqueuer: Enqueuer) -> None:
        self.enqueuer = enqueuer

    def __call__(self, path: Path, **options: Any) -> Enqueued:  # noqa: ANN401 - as Enqueuer.enqueue
        return self.enqueuer.enqueue(path, **({"stop": Event()} | options))


@pytest.fixture
def take(enqueuer: Enqueuer) -> Taking:
    return Taking(enqueuer)
