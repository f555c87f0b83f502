"""Old history goes with its objects, never without them, and whatever is interrupted is finished by the next pass."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from structlog.testing import capture_logs

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.db import files
from mediaproc.db.retention import old_history
from mediaproc.db.tasks.insert import insert_task
from mediaproc.removal import remove_unfinished_upload
from mediaproc.retention.pruning import Pruning
from tests.db.old_rows import DAY, add_attempt, add_ended_task, add_file, sha256_of
from tests.db.task_rows import wait_for_a_lock
from tests.parts.faulty_store import FaultyStore, Killed, killed, refused
from tests.retention.conftest import KEEP

OLD, YOUNG = 41 * DAY, 39 * DAY


@pytest.fixture
def ended(engine: Engine, store: FaultyStore, tmp_path: Path) -> Callable[..., str | None]:
    """Makes a task that ended, with the objects of its source and its rendition; the rendition's key."""

    def make(
        task: int, *, age: float, file: str = "film", outcome: str = "completed", profile: str = "mp4"
    ) -> str | None:
        with engine.begin() as connection:
            key = add_ended_task(
                connection, task, age=age, file=file, outcome=outcome, profile=profile, bucket=store.bucket
            )
            connection.execute(text("UPDATE media_files SET url = 'http://store/' || :key"), {"key": key or ""})
        for each in (key, f"sources/{sha256_of(file)}.avi"):
            if each is not None:
                store.fill(each, folder=tmp_path)
        return key

    return make


Ended = Callable[..., str | None]


def _state(engine: Engine, store: FaultyStore) -> tuple[list[int], int, int]:
    """The tasks in history, and how many files and objects there are; nothing that is stored is unnamed."""
    with engine.connect() as connection:
        tasks = connection.scalars(text("SELECT id FROM media_process_history ORDER BY id")).all()
        names = connection.scalars(
            text(
                "SELECT object_key FROM media_files UNION SELECT coalesce(output_key, delete_key)"
                " FROM media_process_history WHERE coalesce(output_key, delete_key) IS NOT NULL"
            )
        ).all()
        sources = connection.scalar(text("SELECT count(*) FROM media_files"))
    objects = set(store.keys())
    assert objects <= set(names)
    return list(tasks), sources or 0, len(objects)


def test_what_is_old_goes_with_its_rendition_and_its_source(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    ended(1, age=OLD, file="old")
    ended(2, age=OLD, file="cancelled", outcome="cancelled")
    ended(3, age=YOUNG, file="young")
    assert pruning.run(actor="").history == 2
    assert _state(engine, store) == ([3], 1, 2)
    assert pruning.run(actor="").history == 0


def test_without_the_setting_nothing_of_history_goes(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    ended(1, age=10_000 * DAY)
    assert replace(pruning, keep=replace(KEEP, history=None)).run(actor="").history == 0
    assert _state(engine, store) == ([1], 1, 2)


def test_a_source_stays_while_anything_else_names_it(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    old = ended(1, age=OLD, profile="poster")
    young = ended(2, age=YOUNG)
    ended(3, age=OLD, file="live")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_process (file_id, profile, filename, bucket, object_key)"
                " SELECT id, 'gif', filename, bucket, object_key FROM media_files WHERE id = :id"
            ),
            {"id": sha256_of("live")},
        )
    assert pruning.run(actor="").history == 2
    assert _state(engine, store) == ([2], 2, 3)
    assert {old, young} & set(store.keys()) == {young}


@pytest.mark.parametrize(("of", "left"), [(1, None), (2, "http://store/")])
def test_the_address_of_a_file_goes_with_the_rendition_that_it_names(
    engine: Engine, pruning: Pruning, ended: Ended, of: int, left: str | None
) -> None:
    keys = {1: ended(1, age=OLD, profile="poster"), 2: ended(2, age=YOUNG)}
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_files SET url = 'http://store/' || :key"), {"key": keys[of]})
    pruning.run(actor="")
    with engine.connect() as connection:
        url = connection.scalar(text("SELECT url FROM media_files"))
    assert url == (None if left is None else f"{left}{keys[of]}")


def test_a_task_with_an_object_to_sweep_stays(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    ended(1, age=OLD)
    with engine.begin() as connection:
        token = add_attempt(connection, 1, age=OLD, outcome="lost", key="loser", to_sweep=True)
    assert pruning.run(actor="").history == 0
    assert _state(engine, store) == ([1], 1, 2)
    with engine.begin() as connection:
        swept = text("UPDATE media_process_attempt SET sweep_after = NULL WHERE claim_token = :token")
        connection.execute(swept, {"token": token})
    assert pruning.run(actor="").history == 1


def test_attempts_go_with_their_task(engine: Engine, pruning: Pruning, ended: Ended) -> None:
    ended(1, age=OLD)
    with engine.begin() as connection:
        add_attempt(connection, 1, age=1.0, key="renditions/x")
    pruning.run(actor="")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM media_process_attempt")) == 0


@pytest.mark.parametrize("outcome", ["completed", "cancelled"])
def test_what_is_in_another_bucket_stays(engine: Engine, pruning: Pruning, outcome: str) -> None:
    with engine.begin() as connection:
        add_ended_task(connection, 1, age=OLD, bucket="elsewhere", outcome=outcome)
    assert pruning.run(actor="").history == 0


def test_an_object_under_a_legal_hold_stays_with_its_row_and_keeps_no_other(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    held = ended(1, age=OLD, file="held") or ""
    ended(2, age=OLD, file="other")
    store.before_delete = lambda key: refused(key) if key == held else None
    with capture_logs() as lines:
        assert pruning.run(actor="").history == 1
    assert [line["event"] for line in lines] == ["prune_left_one"]
    assert held in lines[0]["reason"]
    assert _state(engine, store) == ([1], 1, 2)
    store.before_delete = lambda _key: None
    assert pruning.run(actor="").history == 1
    assert _state(engine, store) == ([], 0, 0)


def test_a_store_that_is_away_leaves_history_and_no_other_row(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended, tmp_path: Path
) -> None:
    ended(1, age=OLD)
    with engine.begin() as connection:
        add_attempt(connection, 99, age=OLD)
    (tmp_path / "media").rename(tmp_path / "unmounted")
    with capture_logs() as lines:
        pruned = pruning.run(actor="")
    assert (pruned.history, pruned.attempts, [line["event"] for line in lines]) == (0, 1, ["prune_waits"])
    (tmp_path / "unmounted").rename(tmp_path / "media")
    assert pruning.run(actor="").history == 1
    assert _state(engine, store) == ([], 0, 0)


@pytest.mark.parametrize("moment", ["before_delete", "after_delete"])
@pytest.mark.parametrize("what", ["renditions/", "sources/"])
def test_a_pass_that_is_killed_is_finished_by_the_next_one(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended, moment: str, what: str
) -> None:
    ended(1, age=OLD)
    setattr(store, moment, lambda key: killed(key) if key.startswith(what) else None)
    with pytest.raises(Killed):
        pruning.run(actor="")
    _state(engine, store)
    with engine.connect() as connection:
        playable = connection.scalar(text("SELECT count(*) FROM media_process_history WHERE output_key IS NOT NULL"))
    # No row promises a rendition that may be gone.
    assert playable == 0
    setattr(store, moment, lambda _key: None)
    pruning.run(actor="")
    for source in _given_up(engine, store):
        _sweep(pruning, source)
    assert _state(engine, store) == ([], 0, 0)


def _given_up(engine: Engine, store: FaultyStore) -> list[str]:
    with engine.connect() as connection:
        return files.unfinished_uploads(connection, bucket=store.bucket, older_than=DAY)


def _sweep(pruning: Pruning, source: str) -> None:
    assert remove_unfinished_upload(
        pruning.database, pruning.store, file_id=source, given_up_after=DAY, on_kept=lambda _sentence: None
    )


def test_an_enqueue_in_the_middle_of_the_removal_finds_no_source(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    """Its source is given up; the object and the row are still there."""
    ended(1, age=OLD)
    answers: list[bool] = []

    def enqueue(key: str) -> None:
        if key.startswith("sources/"):
            answers.append(_store_duplicate(engine, "film", store.bucket))

    store.before_delete = enqueue
    pruning.run(actor="")
    assert answers == [False]
    assert _state(engine, store) == ([], 0, 0)


@pytest.mark.parametrize("is_given_up", [True, False])
def test_an_enqueue_that_found_the_object_whole_waits_for_who_gives_it_up(
    engine: Engine, store: FaultyStore, ended: Ended, *, is_given_up: bool
) -> None:
    ended(1, age=OLD)
    file_id = sha256_of("film")
    with ThreadPoolExecutor(1) as threads, engine.connect() as connection:
        assert old_history.lock_files(connection, file_ids=[file_id], bucket=store.bucket) == {file_id}
        old_history.delete_renditions(connection, task_ids=[1], keep=OLD - DAY, bucket=store.bucket)
        old_history.forget_deleted(connection, task_ids=[1])
        assert old_history.delete_tasks(connection, task_ids=[1], keep=OLD - DAY) == [file_id]
        assert old_history.give_up_sources(connection, file_ids=[file_id], bucket=store.bucket) == [file_id]
        enqueue = threads.submit(_store_duplicate, engine, "film", store.bucket)
        wait_for_a_lock(engine)
        (connection.commit if is_given_up else connection.rollback)()
        assert enqueue.result() is not is_given_up


def _store_duplicate(engine: Engine, name: str, bucket: str) -> bool:
    with engine.begin() as connection:
        file_id = sha256_of(name)
        return files.store_file(
            connection, file_id=file_id, bucket=bucket, object_key=f"sources/{file_id}.avi", is_duplicate=True
        )


def test_an_enqueue_that_came_first_keeps_the_source(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    ended(1, age=OLD)
    with engine.begin() as connection:
        # It holds the file's row, and will insert a task.
        file_id = sha256_of("film")
        assert files.store_file(
            connection, file_id=file_id, bucket=store.bucket, object_key=f"sources/{file_id}.avi", is_duplicate=True
        )
        assert pruning.run(actor="").history == 0
        insert_task(connection, file_id=file_id, profile="gif", filename="x.avi", priority=0)
    assert pruning.run(actor="").history == 1
    assert _state(engine, store) == ([], 1, 1)


def test_a_given_up_source_is_no_duplicates_and_a_new_upload_takes_it_over(engine: Engine, store: FaultyStore) -> None:
    with engine.begin() as connection:
        file_id = add_file(connection, "film", bucket=store.bucket)
        assert old_history.give_up_sources(connection, file_ids=[file_id], bucket=store.bucket) == [file_id]
        assert _is_stored(connection, file_id, is_duplicate=True) is False
        # Neither is an upload whose row was given up while its bytes went.
        assert _is_stored(connection, file_id, is_duplicate=False) is False
        files.begin_upload(
            connection,
            file=files.NewFile(
                id=file_id, filename="x", bucket=store.bucket, object_key="k", mime_type="video/mp4", size=1
            ),
        )
        assert _is_stored(connection, file_id, is_duplicate=False) is True


def _is_stored(connection: Connection, file_id: str, *, is_duplicate: bool) -> bool:
    return files.store_file(connection, file_id=file_id, bucket="b", object_key="k", is_duplicate=is_duplicate)


def test_a_store_that_goes_away_in_the_middle_loses_nothing(
    engine: Engine, store: FaultyStore, pruning: Pruning, ended: Ended
) -> None:
    for task in range(1, 4):
        ended(task, age=OLD, file=str(task))
    deleted: list[str] = []

    def away(key: str) -> None:
        deleted.append(key)
        if len(deleted) > 1:
            store.is_prepared = lambda: False  # type: ignore[method-assign]
            raise Unavailable("The store is away.", error_class=ErrorClass.STORE_UNAVAILABLE)

    store.before_delete = away
    assert pruning.run(actor="").history == 0
    _state(engine, store)
    store.before_delete = lambda _key: None
    assert pruning.run(actor="").history == 3
    assert _state(engine, store) == ([], 0, 0)
