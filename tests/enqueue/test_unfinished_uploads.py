"""An upload that does not end is continued by the next enqueue or swept; a stored file never is."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, text

from mediaproc import clock
from mediaproc.core.errors import Stopped, Unavailable
from mediaproc.core.probe import Probe
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueuer, sweep_unfinished_uploads
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.db.task_rows import wait_for_a_lock
from tests.enqueue.conftest import Rows, Taking
from tests.parts.clips import Clips
from tests.parts.minio import MinioServer

DAY = 86_400.0


def age(rows: Rows, *, seconds: float) -> None:
    rows.run("UPDATE media_files SET updated_at = now() - make_interval(secs => :seconds)", seconds=seconds)


def fail_upload(take: Taking, path: Path) -> None:
    """Begin an upload and end it before its bytes are through, as a person with Ctrl-C does."""

    def interrupt(_count: int) -> None:
        raise Stopped("Ctrl-C")

    with pytest.raises(Stopped):
        take(path, on_bytes=interrupt)


def test_no_task_is_there_before_the_bytes_are(take: Taking, rows: Rows, clips: Clips) -> None:
    seen: list[tuple[list[str], int]] = []

    def look(_count: int) -> None:
        seen.append(([file.status for file in rows.of("media_files")], len(rows.of("media_process"))))

    take(clips.make(), on_bytes=look)
    assert seen
    assert all(look == (["uploading"], 0) for look in seen)


def test_a_file_that_changes_while_it_is_uploaded_is_refused_and_leaves_nothing(
    engine: Engine, store: Store, runner: FfmpegRunner, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    growing = tmp_path / "growing.avi"
    growing.write_bytes(clips.make().read_bytes())

    class WrittenTo(FfmpegRunner):
        """Writes to the source between its reading and its upload."""

        def __init__(self) -> None:
            """As `runner`, which does the work."""

        def probe(self, source: Path, **options: Any) -> Probe:  # noqa: ANN401 - as the parent's
            found = runner.probe(source, **options)
            with growing.open("r+b") as file:
                file.write(b"RIFX")
            return found

    enqueuer = Enqueuer(database=Database(engine), store=store, runner=WrittenTo())
    result = enqueuer.enqueue(growing, stop=Event())
    assert result.status == "refused"
    assert "changed while it was being uploaded" in str(result.error)
    assert sweep_unfinished_uploads(Database(engine), store) == 1
    assert rows.of("media_files") == rows.of("media_process") == []
    assert list(store.keys()) == []


def test_a_store_that_is_away_ends_the_enqueue_and_the_next_one_takes_it_up(
    own_minio: MinioServer, engine: Engine, runner: FfmpegRunner, rows: Rows, clips: Clips
) -> None:
    store = open_store(own_minio.url(own_minio.make_bucket()))
    enqueuer = Enqueuer(database=Database(engine), store=store, runner=runner)
    own_minio.kill()
    with pytest.raises(Unavailable, match="does not answer"):
        enqueuer.enqueue(clips.make(), stop=Event())
    assert [file.status for file in rows.of("media_files")] == ["uploading"]
    assert rows.of("media_process") == []
    own_minio.start()
    assert enqueuer.enqueue(clips.make(), stop=Event()).status == "enqueued"


def test_an_upload_of_yesterday_is_swept_with_its_object(
    engine: Engine, take: Taking, rows: Rows, store: Store, clips: Clips, minio_server: MinioServer
) -> None:
    fail_upload(take, clips.make())
    [file] = rows.of("media_files")
    minio_server.client().fput_object(store.bucket, file.object_key, str(clips.make()))
    age(rows, seconds=DAY + 60)
    assert sweep_unfinished_uploads(Database(engine), store) == 1
    assert rows.of("media_files") == []
    assert list(store.keys()) == []
    assert take(clips.make()).status == "enqueued"


def test_an_object_that_cannot_be_deleted_keeps_no_other_upload(
    engine: Engine, runner: FfmpegRunner, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    store = open_store((tmp_path / "store").as_uri())
    store.prepare()
    taking = Taking(Enqueuer(database=Database(engine), store=store, runner=runner))
    for seed in range(3):
        fail_upload(taking, clips.make(seed=seed))
    age(rows, seconds=DAY + 60)
    stubborn, *_ = rows.of("media_files")
    # Not even root can remove a folder that is not empty as if it were a file.
    (tmp_path / "store" / stubborn.object_key / "within").mkdir(parents=True)
    kept: list[str] = []
    assert sweep_unfinished_uploads(Database(engine), store, on_kept=kept.append) == 2
    assert [file.id for file in rows.of("media_files")] == [stubborn.id]
    assert [stubborn.object_key in sentence for sentence in kept] == [True]
    # The next try to delete it comes a day later, not at every pass.
    assert sweep_unfinished_uploads(Database(engine), store, on_kept=kept.append) == 0
    assert len(kept) == 1


def test_an_upload_of_today_and_a_stored_file_are_not_swept(
    engine: Engine, take: Taking, rows: Rows, store: Store, clips: Clips
) -> None:
    take(clips.make(seed=1))
    age(rows, seconds=10 * DAY)
    fail_upload(take, clips.make(seed=2))
    assert sweep_unfinished_uploads(Database(engine), store) == 0
    assert sorted(file.status for file in rows.of("media_files")) == ["stored", "uploading"]
    assert len(list(store.keys())) == 1


def test_an_upload_into_another_bucket_is_left_to_those_who_know_it(
    engine: Engine, take: Taking, rows: Rows, clips: Clips, minio_server: MinioServer
) -> None:
    fail_upload(take, clips.make())
    age(rows, seconds=2 * DAY)
    other = open_store(minio_server.url(minio_server.make_bucket()))
    assert sweep_unfinished_uploads(Database(engine), other) == 0
    assert len(rows.of("media_files")) == 1


def test_an_upload_that_goes_on_for_a_day_gives_signs_of_life(
    take: Taking, rows: Rows, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = iter(range(1000))
    ages: list[float] = []

    def look(_count: int) -> None:
        with take.enqueuer.database.read() as connection:
            seconds = connection.scalar(text("SELECT extract(epoch FROM now() - updated_at) FROM media_files"))
        ages.append(float(seconds or 0))
        age(rows, seconds=DAY - 1)

    elapsed = clock.elapsed
    monkeypatch.setattr(clock, "elapsed", lambda: elapsed() + 3600 * next(hours))
    take(clips.make(seconds=8, size=(320, 240)), on_bytes=look)
    assert len(ages) > 2
    assert max(ages[1:]) < DAY / 2


def test_an_upload_that_is_being_swept_is_begun_again_after_the_sweep(
    engine: Engine, take: Taking, rows: Rows, store: Store, clips: Clips
) -> None:
    """The sweep holds the row while it removes the object: an enqueue waits, and its object is not the one removed."""
    fail_upload(take, clips.make())
    age(rows, seconds=2 * DAY)
    [file] = rows.of("media_files")
    with engine.connect() as sweep, ThreadPoolExecutor(1) as pool:
        sweep.execute(text("SELECT 1 FROM media_files FOR UPDATE"))
        again = pool.submit(take, clips.make())
        wait_for_a_lock(engine)
        store.delete(file.object_key)
        sweep.execute(text("DELETE FROM media_files"))
        sweep.commit()
        assert again.result(timeout=60).status == "enqueued"
    assert [row.status for row in rows.of("media_files")] == ["stored"]
    assert store.stat(file.object_key) is not None


def test_two_sweeps_at_once_do_not_wait_for_each_other(
    engine: Engine, take: Taking, rows: Rows, store: Store, clips: Clips
) -> None:
    fail_upload(take, clips.make())
    age(rows, seconds=2 * DAY)
    with engine.connect() as other:
        other.execute(text("SELECT 1 FROM media_files FOR UPDATE"))
        assert sweep_unfinished_uploads(Database(engine), store) == 0
        other.rollback()
    assert sweep_unfinished_uploads(Database(engine), store) == 1


def test_an_upload_that_was_given_up_by_somebody_else_is_begun_again(
    take: Taking, rows: Rows, store: Store, clips: Clips
) -> None:
    gone: list[int] = []

    def lose_the_row(count: int) -> None:
        if not gone:
            gone.append(count)
            rows.run("DELETE FROM media_files")

    assert take(clips.make(), on_bytes=lose_the_row).status == "enqueued"
    [file] = rows.of("media_files")
    assert file.status == "stored"
    assert store.stat(file.object_key) is not None


def test_a_sweep_of_a_store_that_is_away_keeps_the_row(
    own_minio: MinioServer, engine: Engine, runner: FfmpegRunner, rows: Rows, clips: Clips
) -> None:
    store = open_store(own_minio.url(own_minio.make_bucket()))
    fail_upload(Taking(Enqueuer(database=Database(engine), store=store, runner=runner)), clips.make())
    age(rows, seconds=2 * DAY)
    own_minio.kill()
    with pytest.raises(Unavailable):
        sweep_unfinished_uploads(Database(engine), store)
    assert len(rows.of("media_files")) == 1
