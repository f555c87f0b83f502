"""A list of paths is enqueued several at a time: each result stands, whatever becomes of the others."""

import threading
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine

from mediaproc.core.errors import PartMissing, Stopped, Unavailable
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueued, Enqueuer, enqueue_in_parallel
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.store_url import open_store
from tests.enqueue.conftest import Rows
from tests.parts.clips import Clips
from tests.parts.minio import MinioServer


def test_an_outage_in_a_list_ends_it_and_what_was_told_stands(
    own_minio: MinioServer, engine: Engine, runner: FfmpegRunner, rows: Rows, clips: Clips
) -> None:
    store = open_store(own_minio.url(own_minio.make_bucket()))
    enqueuer = Enqueuer(database=Database(engine), store=store, runner=runner)
    told: list[str | None] = []

    def enqueue_all() -> None:
        for result in enqueue_in_parallel(enqueuer, clips.make_many(6), stop=Event(), at_once=2):
            told.append(result.file)
            if len(told) == 2:
                own_minio.kill()

    with pytest.raises(Unavailable):
        enqueue_all()
    own_minio.start()
    stored = {task.file_id for task in rows.of("media_process")}
    assert set(told) <= stored
    assert len(stored) < 6
    results = list(enqueue_in_parallel(enqueuer, clips.make_many(6), stop=Event()))
    assert {result.status for result in results} == {"enqueued", "duplicate"}
    assert len(rows.of("media_process")) == 6


def test_a_list_that_is_stopped_stops_its_uploads(enqueuer: Enqueuer, rows: Rows, clips: Clips) -> None:
    stop = Event()
    before = set(threading.enumerate())
    with pytest.raises(Stopped):
        list(enqueue_in_parallel(enqueuer, clips.make_many(6), stop=stop, on_bytes=lambda _: stop.set(), at_once=1))
    # Threads from before the call may have ended during it.
    assert set(threading.enumerate()) <= before
    assert len(rows.of("media_process")) < 6


def test_the_rest_of_a_list_goes_on(enqueuer: Enqueuer, rows: Rows, clips: Clips, tmp_path: Path) -> None:
    good = clips.make_many(3)
    (text := tmp_path / "text.avi").write_bytes(b"no video")
    paths = [tmp_path / "nothing.avi", good[0], text, good[1], tmp_path, good[2]]
    results = {result.path: result for result in enqueue_in_parallel(enqueuer, paths, stop=Event())}
    assert set(results) == set(paths)
    assert {path for path, result in results.items() if result.status == "enqueued"} == set(good)
    assert len(rows.of("media_process")) == 3


def test_a_list_begins_with_a_check_of_the_store(
    engine: Engine, runner: FfmpegRunner, rows: Rows, clips: Clips, minio_server: MinioServer
) -> None:
    wrong = open_store(minio_server.url("never-there", password="wrong-password"))
    enqueuer = Enqueuer(database=Database(engine), store=wrong, runner=runner)
    with pytest.raises(PartMissing, match="the secret in MEDIAPROC_STORE_URL is wrong"):
        list(enqueue_in_parallel(enqueuer, [clips.make()], stop=Event()))
    assert rows.of("media_files") == []
    right = open_store(minio_server.url("not-there-yet"))
    enqueuer = Enqueuer(database=Database(engine), store=right, runner=runner)
    assert [result.status for result in enqueue_in_parallel(enqueuer, [clips.make()], stop=Event())] == ["enqueued"]


def test_the_same_bytes_twice_in_one_list_are_taken_once(enqueuer: Enqueuer, clips: Clips, tmp_path: Path) -> None:
    copies = [tmp_path / f"copy{number}.avi" for number in range(4)]
    for copy in copies:
        copy.write_bytes(clips.make().read_bytes())
    results: list[Enqueued] = list(enqueue_in_parallel(enqueuer, copies, stop=Event()))
    assert sorted(result.status for result in results) == ["duplicate"] * 3 + ["enqueued"]
    assert len({result.task for result in results}) == 1
