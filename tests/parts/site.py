"""A site of a test's own: a fresh database and a fresh bucket on a real MinIO, with the queries that tests need."""

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, RowMapping, text

from mediaproc.core.limits import Limits
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.grants import DEFAULT_NAMES
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from mediaproc.store.write_check import PREFIX
from tests.parts.minio import MinioServer
from tests.parts.postgres import PostgresServer, as_role, running_postgres
from tests.parts.quick_tools import quick_settings, quick_tools
from tests.parts.settings import told


@dataclass(frozen=True)
class Site:
    """The settings that every executor of the site gets, and access to its tables and its bucket."""

    engine: Engine
    store: Store
    settings: dict[str, str]
    scratch: Path

    def enqueue(self, clips: Iterable[Path], *, profile: str = "mp4") -> dict[int, Path]:
        """The clips by their tasks' ids."""
        enqueuer = Enqueuer(database=Database(self.engine), store=self.store, runner=make_runner())
        tasks: dict[int, Path] = {}
        for clip in clips:
            enqueued = enqueuer.enqueue(clip, profiles=(profile,), stop=threading.Event())
            assert enqueued.status == "enqueued", enqueued
            tasks |= {task.id: clip for task in enqueued.tasks}
        return tasks

    def insert_again(self) -> int:
        """Inserts a task for a file that is stored and done; no notification is sent, so that only a tick finds it."""
        with self.engine.begin() as connection:
            connection.execute(text("DELETE FROM media_process_history"))
            inserted = connection.execute(
                text(
                    "INSERT INTO media_process (file_id, profile, filename, bucket, object_key)"
                    " SELECT id, 'mp4', filename, bucket, object_key FROM media_files RETURNING id"
                )
            )
            task: int = inserted.scalar_one()
            return task

    def rows(self, statement: str, **values: object) -> list[RowMapping]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), values).mappings())

    def value(self, statement: str, **values: object) -> Any:  # noqa: ANN401 - whatever the test asked for
        with self.engine.connect() as connection:
            return connection.scalar(text(statement), values)

    def history(self) -> dict[int, RowMapping]:
        """The rows of media_process_history by task."""
        return {row["id"]: row for row in self.rows("SELECT * FROM media_process_history ORDER BY id")}

    def attempts(self) -> list[RowMapping]:
        return self.rows("SELECT * FROM media_process_attempt ORDER BY started_at, attempt")

    def objects(self) -> set[str]:
        return set(self.store.keys(""))

    def compensate(self) -> None:
        """`mediaproc compensate`, as an outside cron runs it."""
        command = [sys.executable, "-m", "mediaproc", "compensate"]
        subprocess.run(command, env=told(self.settings), check=True, capture_output=True)

    def assert_renditions_are_whole(self, *, folder: Path) -> int:
        """Asserts that each output in history is stored with its size and checksum; returns how many there are."""
        completed = [row for row in self.history().values() if row["outcome"] == "completed"]
        for row in completed:
            received = self.store.get(row["output_key"], folder / "rendition", stop=threading.Event())
            assert (received.size, received.sha256) == (row["output_size"], row["output_sha256"])
        return len(completed)

    def assert_nothing_is_left(self) -> None:
        """Asserts that no row is in processing, no object left but sources and winners' outputs, and no scratch."""
        assert self.value("SELECT count(*) FROM media_process WHERE status = 'processing'") == 0
        named = set(
            self.rows_of("SELECT object_key FROM media_files UNION SELECT output_key FROM media_process_history")
        )
        # An executor killed during its write check of the store leaves a small object.
        assert {key for key in self.objects() if not key.startswith(PREFIX)} <= named
        assert not [left for left in self.scratch.glob("executor-*") if left.is_dir()]

    def rows_of(self, statement: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.scalars(text(statement)))


def make_runner() -> FfmpegRunner:
    """A new one, for calls in the test's own process."""
    return FfmpegRunner(quick_tools(), sandbox=_quick_sandbox(), limits=Limits())


@cache
def _quick_sandbox() -> Sandbox:
    """What this machine has; to find it out takes some starts of ffmpeg."""
    return find_sandbox("auto", tool=quick_tools().ffmpeg)


@pytest.fixture
def site(engine: Engine, database_url: str, minio_url: str, tmp_path: Path) -> Site:
    """A site on the servers of the run."""
    return with_quick_tools(make_site(engine, database_url=database_url, store_url=minio_url, folder=tmp_path))


@pytest.fixture
def directory_site(engine: Engine, database_url: str, tmp_path: Path) -> Site:
    """A site whose store is a directory."""
    folder = tmp_path / "store"
    folder.mkdir()
    return with_quick_tools(make_site(engine, database_url=database_url, store_url=folder.as_uri(), folder=tmp_path))


@dataclass(frozen=True)
class FragileSite:
    """A site with servers of its own, which a test may stop, freeze and kill."""

    site: Site
    postgres: PostgresServer
    minio: MinioServer


@pytest.fixture
def fragile(own_minio: MinioServer, tmp_path: Path) -> Iterator[FragileSite]:
    """A site on servers that no other test uses."""
    with running_postgres() as postgres:
        url = postgres.url(postgres.create_database())
        engine = database.connect(url)
        store_url = own_minio.url(own_minio.make_bucket())
        made = make_site(engine, database_url=url, store_url=store_url, folder=tmp_path)
        yield FragileSite(site=with_quick_tools(made), postgres=postgres, minio=own_minio)
        engine.dispose()


def with_quick_tools(site: Site) -> Site:
    """The same site; its executors run the wheel's ffmpeg instead of the system's."""
    site.settings.update(quick_settings())
    return site


def make_site(engine: Engine, *, database_url: str, store_url: str, folder: Path) -> Site:
    """A site with short leases and backoffs and a tick every second, so that tests do not wait long.

    Executors connect with the rights of executors; the test itself has the owner's.
    """
    scratch = folder / "scratch"
    settings = {
        "database_url": as_role(database_url, DEFAULT_NAMES["executor"]),
        "store_url": store_url,
        "home": str(folder / "home"),
        "scratch": str(scratch),
        "slots": "2",
        "cron": "* * * * * *",
        "compensate_cron": "* * * * * *",
        "lease": "3",
        "heartbeat": "0.5",
        "backoff": "0.1",
        "backoff_cap": "0.5",
        "steal_after": "0",
        "drain_grace": "30",
    }
    store = open_store(store_url)
    store.prepare()
    return Site(engine=engine, store=store, settings=settings, scratch=scratch)
