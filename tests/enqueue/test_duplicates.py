"""The same bytes are one file and one task, however often, from wherever, at the same time."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.errors import WrongUse
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueuer
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.db.task_rows import wait_for_a_lock
from tests.enqueue.conftest import Rows, Taking
from tests.parts.clips import KINDS, Clips
from tests.parts.minio import MinioServer


@pytest.mark.parametrize(
    ("kind", "mime_type"),
    [
        ("avi", "video/x-msvideo"),
        ("wmv", "video/x-ms-wmv"),
        ("mov", "video/quicktime"),
        ("mkv", "video/x-matroska"),
        ("flv", "video/x-flv"),
        ("mpg", "video/mpeg"),
    ],
)
def test_a_source_is_stored_whole_under_a_name_that_its_content_gives(
    take: Taking, rows: Rows, store: Store, clips: Clips, tmp_path: Path, kind: str, mime_type: str
) -> None:
    disguised = tmp_path / "holiday.xyz"
    shutil.copy(clips.make(kind), disguised)
    digest = sha256(disguised.read_bytes()).hexdigest()
    result = take(disguised, priority=7)
    assert (result.status, result.file, result.error) == ("enqueued", digest, None)
    [file] = rows.of("media_files")
    key = f"sources/{digest[0]}/{digest[1]}/{digest}.{kind}"
    assert (file.id, file.status, file.filename, file.size) == (
        digest, "stored", "holiday.xyz", disguised.stat().st_size
    )  # fmt: skip
    assert (file.bucket, file.object_key, file.mime_type) == (store.bucket, key, mime_type)
    [task] = rows.of("media_process")
    assert (task.id, task.file_id, task.profile, task.status) == (result.task, digest, "mp4", "pending")
    assert (task.priority, task.filename, task.bucket, task.object_key) == (7, "holiday.xyz", store.bucket, key)
    facts = store.stat(key)
    assert facts is not None
    assert (facts.size, facts.sha256, facts.content_type) == (file.size, digest, mime_type)
    assert kind in KINDS


def test_a_file_is_of_every_tenant_that_has_it_and_its_task_of_the_first(
    take: Taking, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.avi"
    shutil.copy(clips.make(), copy)
    take(clips.make(), tenant="ann")
    assert take(copy, tenant="ben").status == "duplicate"
    # The first name that a tenant gave stays.
    take(clips.make(), tenant="ben")
    [task] = rows.of("media_process")
    assert (task.tenant, task.expected_cost) == ("ann", 1.0)
    uploads = rows.of("(SELECT *, tenant AS id FROM media_upload) AS upload")
    assert [(upload.tenant, upload.filename, upload.file_id) for upload in uploads] == [
        ("ann", clips.make().name, task.file_id),
        ("ben", "copy.avi", task.file_id),
    ]
    # Another task of the file is of whoever asks for it.
    assert take(copy, tenant="ben", profiles=["poster"]).status == "enqueued"
    assert [task.tenant for task in rows.of("media_process")] == ["ann", "ben"]
    assert {row.tenant for row in rows.of("(SELECT *, tenant AS id FROM media_tenant) AS tenant")} == {"ann", "ben"}


def test_a_file_has_the_name_that_its_uploader_gives_it_made_safe(take: Taking, rows: Rows, clips: Clips) -> None:
    assert take(clips.make(), filename="../\u202eholiday\n.avi").status == "enqueued"
    assert {row.filename for table in ("media_files", "media_process") for row in rows.of(table)} == {
        "../\\u202eholiday\\n.avi"
    }


def test_the_same_bytes_under_another_name_are_a_duplicate(
    take: Taking, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    first = take(clips.make())
    shutil.copy(clips.make(), tmp_path / "copy.mov")
    again = take(tmp_path / "copy.mov")
    assert (again.status, again.file, again.task) == ("duplicate", first.file, first.task)
    assert [task.state for task in again.tasks] == ["pending"]
    assert len(rows.of("media_files")) == len(rows.of("media_process")) == 1


@pytest.mark.parametrize("outcome", ["completed", "cancelled"])
def test_a_finished_task_makes_a_duplicate_that_says_so(take: Taking, rows: Rows, clips: Clips, outcome: str) -> None:
    first = take(clips.make())
    assert first.task is not None
    rows.finish(first.task, outcome=outcome)
    again = take(clips.make())
    assert (again.status, again.task) == ("duplicate", first.task)
    assert [task.state for task in again.tasks] == [outcome]
    assert rows.of("media_process") == []


def test_force_makes_a_new_task_of_a_finished_one_and_none_of_a_running_one(
    take: Taking, rows: Rows, clips: Clips
) -> None:
    first = take(clips.make())
    assert first.task is not None
    assert take(clips.make(), force=True).status == "duplicate"
    rows.finish(first.task, outcome="completed")
    forced = take(clips.make(), force=True)
    assert forced.status == "enqueued"
    assert forced.task != first.task
    assert take(clips.make(), force=True).task == forced.task
    assert [task.id for task in rows.of("media_process")] == [forced.task]


def test_each_profile_has_a_task_of_its_own(take: Taking, rows: Rows, clips: Clips) -> None:
    first = take(clips.make())
    both = take(clips.make(), profiles=["mp4", "poster", "mp4"])
    assert both.status == "enqueued"
    assert [(task.profile, task.is_new) for task in both.tasks] == [("mp4", False), ("poster", True)]
    assert both.task != first.task
    assert {task.profile for task in rows.of("media_process")} == {"mp4", "poster"}
    assert take(clips.make(), profiles=["mp4", "poster"]).status == "duplicate"


def test_an_unknown_profile_is_wrong_use_before_anything_is_read(take: Taking, rows: Rows, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="There is no profile 'mp5'"):
        take(tmp_path / "not-there.avi", profiles=["mp4", "mp5"])
    assert rows.of("media_files") == []


def test_many_enqueues_of_the_same_bytes_at_once_make_one_task(
    engine: Engine, store: Store, runner: FfmpegRunner, rows: Rows, clips: Clips
) -> None:
    clip = clips.make()
    together = Barrier(6)

    def enqueue(_number: int) -> str:
        together.wait()
        return Enqueuer(database=Database(engine), store=store, runner=runner).enqueue(clip, stop=Event()).status

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(enqueue, range(6)))
    assert statuses == ["duplicate"] * 5 + ["enqueued"]
    assert len(rows.of("media_process")) == 1


def test_a_settle_in_between_does_not_give_a_second_task(
    engine: Engine, take: Taking, rows: Rows, clips: Clips
) -> None:
    """The settle holds the task's row and waits for the file's; the enqueue holds the file's and must not wait."""
    first = take(clips.make())
    with engine.connect() as settle, ThreadPoolExecutor(1) as pool:
        settle.execute(text("DELETE FROM media_process WHERE id = :id"), {"id": first.task})
        again = pool.submit(take, clips.make()).result(timeout=60)
        assert (again.status, again.task) == ("duplicate", first.task)
        settle.execute(text("UPDATE media_files SET url = 'u' WHERE id = :id"), {"id": first.file})
        settle.rollback()
    assert len(rows.of("media_process")) == 1


def test_an_enqueue_waits_for_a_settle_that_has_the_files_row(
    engine: Engine, take: Taking, rows: Rows, clips: Clips
) -> None:
    first = take(clips.make())
    assert first.task is not None
    with engine.connect() as settle, ThreadPoolExecutor(1) as pool:
        settle.execute(text("UPDATE media_files SET url = 'u' WHERE id = :id"), {"id": first.file})
        again = pool.submit(take, clips.make())
        wait_for_a_lock(engine)
        settle.execute(
            text(
                "WITH moved AS (DELETE FROM media_process WHERE id = :id RETURNING *)"
                " INSERT INTO media_process_history (id, file_id, profile, filename, bucket, object_key, priority,"
                " fail_count, attempt, outcome, created_at) SELECT id, file_id, profile, filename, bucket, object_key,"
                " priority, fail_count, attempt, 'cancelled', created_at FROM moved"
            ),
            {"id": first.task},
        )
        settle.commit()
        assert again.result(timeout=60).status == "duplicate"
    assert rows.of("media_process") == []


def test_a_stored_object_that_vanished_is_put_back(take: Taking, rows: Rows, store: Store, clips: Clips) -> None:
    first = take(clips.make())
    [file] = rows.of("media_files")
    store.delete(file.object_key)
    again = take(clips.make())
    assert (again.status, again.task) == ("duplicate", first.task)
    facts = store.stat(file.object_key)
    assert facts is not None
    assert facts.sha256 == file.id


def test_a_stored_object_that_was_cut_is_put_back(
    take: Taking, rows: Rows, store: Store, clips: Clips, tmp_path: Path, minio_server: MinioServer
) -> None:
    take(clips.make())
    [file] = rows.of("media_files")
    (tmp_path / "cut").write_bytes(clips.make().read_bytes()[:1000])
    minio_server.client().fput_object(store.bucket, file.object_key, str(tmp_path / "cut"))
    assert take(clips.make()).status == "duplicate"
    facts = store.stat(file.object_key)
    assert facts is not None
    assert (facts.size, facts.sha256) == (file.size, file.id)


def test_a_file_of_another_store_is_brought_to_this_one(
    engine: Engine, runner: FfmpegRunner, take: Taking, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    take(clips.make())
    (tmp_path / "store").mkdir()
    elsewhere = open_store(f"file://{tmp_path}/store")
    elsewhere.prepare()
    moved = Enqueuer(database=Database(engine), store=elsewhere, runner=runner)
    assert moved.enqueue(clips.make(), profiles=["poster"], stop=Event()).status == "enqueued"
    [file] = rows.of("media_files")
    assert file.bucket == elsewhere.bucket
    assert elsewhere.stat(file.object_key) is not None
