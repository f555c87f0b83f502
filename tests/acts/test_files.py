"""A deleted file leaves nothing but ids, times and `deleted`, whatever interrupts it and whoever enqueues it then."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from mediaproc.acts.files import DeletedFile, delete_file
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db import files, uploads
from mediaproc.db.database import Database
from mediaproc.db.tasks import lease, settle
from mediaproc.db.tasks.claim import claim_due
from mediaproc.db.tasks.insert import finished_tasks, insert_task
from tests.db.old_rows import DAY, add_attempt, add_ended_task, add_file, sha256_of
from tests.db.task_rows import claimant, rendition, wait_for_a_lock
from tests.parts.faulty_store import FaultyStore, Killed, killed, refused

FILM = sha256_of("film")
SECRETS = ("holiday", "audio_codec", "frame=", FILM + ".avi", "renditions/")


@pytest.fixture
def film(engine: Engine, store: FaultyStore, tmp_path: Path) -> None:
    """A file with two renditions, one cancelled task and what is told of them."""
    with engine.begin() as connection:
        keys = [
            add_ended_task(connection, 1001, age=DAY, bucket=store.bucket),
            add_ended_task(connection, 1002, age=DAY, profile="poster", bucket=store.bucket),
            add_ended_task(connection, 1003, age=DAY, outcome="cancelled", bucket=store.bucket),
        ]
        add_attempt(
            connection, 1001, age=DAY, outcome="failed", log_tail="frame= 7 holiday.avi", key="renditions/swept"
        )
        uploads.record_upload(connection, file_id=FILM, tenant="ann", filename="holiday.avi")
    for key in (*keys, f"sources/{FILM}.avi"):
        if key is not None:
            store.fill(key, folder=tmp_path)


Deleting = Callable[..., DeletedFile]


@pytest.fixture
def delete(database: Database, store: FaultyStore) -> Deleting:
    return partial(delete_file, database, store, file_id=FILM, actor="ann@node")


def _rows(engine: Engine, table: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608 - our own names


def _assert_deleted(engine: Engine, store: FaultyStore, *, tasks: list[int]) -> None:
    assert set(store.keys()) == set()
    assert _rows(engine, "media_files") == _rows(engine, "media_upload") == _rows(engine, "media_process") == []
    history = _rows(engine, "media_process_history")
    assert sorted((row.id, row.outcome) for row in history) == [(task, "deleted") for task in tasks]
    assert all(row.finished_at > row.created_at for row in history if row.id > 1000)
    told = str([*history, *_rows(engine, "media_process_attempt")])
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.usefixtures("film")
def test_a_deleted_file_leaves_ids_and_times(engine: Engine, store: FaultyStore, delete: Deleting) -> None:
    before = _rows(engine, "media_process_history")
    assert str(before).count("holiday") == 3
    assert delete() == DeletedFile(file=FILM, renditions=2)
    _assert_deleted(engine, store, tasks=[1001, 1002, 1003])
    ((actor, act, selection, count),) = [
        (row.actor, row.act, row.selection, row.count) for row in _rows(engine, "media_audit")
    ]
    assert (actor, act, selection, count) == ("ann@node", "files delete", f"file:{FILM}", 1)
    assert delete().refused == f"The file {FILM} is deleted already."


def test_a_file_that_nobody_has_is_refused(engine: Engine, delete: Deleting) -> None:
    assert delete().refused == f"There is no file {FILM}."
    assert _rows(engine, "media_audit") == []


@pytest.mark.usefixtures("film")
def test_tasks_that_are_not_done_are_cancelled_and_a_running_one_settles_nothing(
    engine: Engine, store: FaultyStore, delete: Deleting
) -> None:
    running = _claim_another(engine)
    with engine.begin() as connection:
        key = rendition(running).key
        lease.announce_output(
            connection, task_id=running.id, claim_token=running.claim_token, bucket=store.bucket, key=key
        )
    assert delete().cancelled == 1
    with engine.begin() as connection:
        assert not settle.settle_completed(
            connection,
            task_id=running.id,
            claim_token=running.claim_token,
            rendition=rendition(running),
            report=Report(),
        )
    # The object that it may have uploaded by now is the sweep's.
    ((left, to_sweep),) = [
        (row.output_key, row.sweep_after) for row in _rows(engine, "media_process_attempt") if row.output_key
    ]
    assert (left, to_sweep is not None) == (key, True)
    assert set(store.keys()) == set()


def _claim_another(engine: Engine) -> ClaimedTask:
    with engine.begin() as connection:
        insert_task(connection, file_id=FILM, profile="gif", filename="holiday.avi", priority=0)
        (task,) = claim_due(connection, claimant=claimant(), limit=1)
    return task


@pytest.mark.usefixtures("film")
@pytest.mark.parametrize("moment", ["before_delete", "after_delete"])
@pytest.mark.parametrize("what", ["renditions/", "sources/"])
def test_a_deletion_that_is_killed_is_finished_by_its_repetition(
    engine: Engine, store: FaultyStore, delete: Deleting, moment: str, what: str
) -> None:
    setattr(store, moment, lambda key: killed(key) if key.startswith(what) else None)
    with pytest.raises(Killed):
        delete()
    # Nothing of it is to be seen any more, and each object that is left has its name.
    named = {
        key
        for row in [*_rows(engine, "media_process_history"), *_rows(engine, "media_files")]
        for key in (getattr(row, "delete_key", None), row.object_key)
    }
    assert set(store.keys()) <= named
    assert {row.outcome for row in _rows(engine, "media_process_history")} == {"deleted"}
    setattr(store, moment, lambda _key: None)
    assert delete().refused is None
    _assert_deleted(engine, store, tasks=[1001, 1002, 1003])
    assert [row.count for row in _rows(engine, "media_audit")] == [1, 0]


@pytest.mark.usefixtures("film")
def test_an_object_that_the_store_keeps_is_told_and_nothing_else_of_the_file_is_left(
    engine: Engine, store: FaultyStore, delete: Deleting
) -> None:
    store.before_delete = refused
    assert len(delete().left) == 3
    assert len(set(store.keys())) == 3
    store.before_delete = lambda _key: None
    assert delete().left == ()
    _assert_deleted(engine, store, tasks=[1001, 1002, 1003])


@pytest.mark.usefixtures("film")
def test_messages_that_nobody_will_send_any_more_go_and_those_on_their_way_stay(
    engine: Engine, delete: Deleting
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_delivery (webhook_id, task_id, type, body, delivered_at, dead_at)"
                " VALUES (1, 1001, 'delivered', '', now(), NULL), (1, 1001, 'dead', '', NULL, now()),"
                " (1, 1001, 'due', '', NULL, NULL), (1, 7, 'of another', '', now(), NULL)"
            )
        )
    delete()
    assert [row.type for row in _rows(engine, "media_delivery")] == ["due", "of another"]


@pytest.mark.usefixtures("film")
def test_a_file_that_another_tenant_has_too_only_loses_this_one(
    engine: Engine, store: FaultyStore, delete: Deleting
) -> None:
    with engine.begin() as connection:
        uploads.record_upload(connection, file_id=FILM, tenant="bob", filename="mine.avi")
    objects = set(store.keys())
    assert delete(tenant="ann") == DeletedFile(file=FILM, is_kept_for_others=True)
    assert [row.tenant for row in _rows(engine, "media_upload")] == ["bob"]
    assert (set(store.keys()), len(_rows(engine, "media_files"))) == (objects, 1)
    assert delete(tenant="bob").renditions == 2
    _assert_deleted(engine, store, tasks=[1001, 1002, 1003])


@pytest.mark.usefixtures("film")
def test_objects_in_another_bucket_are_refused_before_anything_is_done(
    engine: Engine, store: FaultyStore, delete: Deleting
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process_history SET output_bucket = 'old' WHERE id = 1001"))
        insert_task(connection, file_id=FILM, profile="gif", filename="holiday.avi", priority=0)
    assert "has objects in 'old'" in (delete().refused or "")
    assert len(_rows(engine, "media_process")) == 1
    assert len(set(store.keys())) == 3


def test_an_upload_that_runs_is_left_and_one_that_ended_in_vain_goes(
    engine: Engine, store: FaultyStore, delete: Deleting, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        add_file(connection, "film", bucket=store.bucket)
        connection.execute(text("UPDATE media_files SET status = 'uploading'"))
    store.fill(f"sources/{FILM}.avi", folder=tmp_path)
    assert "is being uploaded right now" in (delete().refused or "")
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_files SET updated_at = now() - interval '21 minutes'"))
    assert delete().refused is None
    _assert_deleted(engine, store, tasks=[])


@pytest.mark.usefixtures("film")
@pytest.mark.parametrize("comes_first", ["enqueue", "deletion"])
def test_an_enqueue_of_the_same_bytes_gets_a_whole_file_or_none(
    engine: Engine, store: FaultyStore, delete: Deleting, comes_first: str
) -> None:
    """Real transactions in parallel: whoever has the file's row first, no task is left without its source."""
    with ThreadPoolExecutor(1) as threads, engine.connect() as connection:
        if comes_first == "enqueue":
            assert _is_stored(connection, store)
            task = insert_task(connection, file_id=FILM, profile="gif", filename="x", priority=0)
            deleting = threads.submit(delete)
            wait_for_a_lock(engine)
            connection.commit()
            # It saw the task only after it had waited, and began anew.
            assert deleting.result().cancelled == 1
            _assert_deleted(engine, store, tasks=[task.id, 1001, 1002, 1003])
        else:
            answers: list[bool] = []
            store.before_delete = lambda _key: answers.append(_is_stored(connection, store))
            delete()
            assert answers == [False, False, False]
            connection.rollback()
            _assert_deleted(engine, store, tasks=[1001, 1002, 1003])


def _is_stored(connection: Any, store: FaultyStore) -> bool:  # noqa: ANN401 - a connection of SQLAlchemy
    return files.store_file(
        connection, file_id=FILM, bucket=store.bucket, object_key=f"sources/{FILM}.avi", is_duplicate=True
    )


@pytest.mark.usefixtures("film")
def test_the_same_bytes_later_are_a_new_file(engine: Engine, store: FaultyStore, delete: Deleting) -> None:
    delete()
    with engine.begin() as connection:
        assert finished_tasks(connection, file_id=FILM) == {}
        add_file(connection, "film", bucket=store.bucket)
        assert insert_task(connection, file_id=FILM, profile="mp4", filename="x", priority=0).is_new


@pytest.mark.usefixtures("film")
def test_of_two_deletions_at_once_each_counts_what_it_changed(
    engine: Engine, store: FaultyStore, delete: Deleting
) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = [future.result() for future in [threads.submit(delete) for _ in range(4)]]
    assert sum(row.count for row in _rows(engine, "media_audit")) == 1
    assert {answer.left for answer in answers} == {()}
    _assert_deleted(engine, store, tasks=[1001, 1002, 1003])
