"""The verdict is written once, by the claim that still holds the task."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.lifecycle import Setback
from mediaproc.core.notes.record import recorded
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.file_deletion import delete_history
from mediaproc.db.tasks.claim_standing import Standing, standing
from mediaproc.db.tasks.lease import Held, announce_output, renew
from mediaproc.db.tasks.settle import settle_completed
from mediaproc.db.views.attempts import endings_of
from tests.db.attempt_ends import FAILED, REJECTED, RELEASED, complete, lose, set_back
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, history_row, rendition, sticker_notes, task_row


def test_completing_moves_the_task_to_history_with_its_rendition_once(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        assert complete(connection, task)
    with engine.begin() as connection:
        assert not complete(connection, task)
    assert task_row(engine, task_id) is None
    row = history_row(engine, task_id)
    assert row is not None
    assert (row.outcome, row.claim_token, row.output_key) == ("completed", task.claim_token, rendition(task).key)
    assert (row.flags, row.stage_seconds) == (["video_codec"], {"transcode": 1.5})
    assert attempt_outcomes(engine, task_id) == ["completed"]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT url FROM media_files")) == rendition(task).url


def test_a_poster_is_not_the_url_at_which_a_film_plays(engine: Engine) -> None:
    add_tasks(engine, count=1)
    task = claim_one(engine)
    poster = replace(rendition(task), is_film=False)
    with engine.begin() as connection:
        assert settle_completed(
            connection, task_id=task.id, claim_token=task.claim_token, rendition=poster, report=Report()
        )
        assert connection.scalar(text("SELECT url FROM media_files")) is None


def test_the_notes_of_a_rendition_are_settled_with_it_and_go_with_its_file(engine: Engine) -> None:
    plain, drawn = add_tasks(engine, count=2)
    tasks = {task.id: task for task in (claim_one(engine), claim_one(engine))}
    notes = sticker_notes(3)
    with engine.begin() as connection:
        complete(connection, tasks[plain])
        assert settle_completed(
            connection,
            task_id=drawn,
            claim_token=tasks[drawn].claim_token,
            rendition=replace(rendition(tasks[drawn]), notes=notes),
            report=Report(),
        )
        # NULL, and not JSON's null.
        assert connection.scalar(text("SELECT count(*) FROM media_process_history WHERE notes IS NULL")) == 1
        endings = endings_of(connection, ids=[plain, drawn])
        assert (endings[plain].notes, endings[plain].notes_count) == ((), 0)
        assert endings[drawn].notes == tuple(recorded(each) for each in notes)
        assert endings[drawn].notes_count == 3
        delete_history(connection, file_id=tasks[drawn].file_id)
        assert connection.scalar(text("SELECT count(notes) FROM media_process_history")) == 0


@pytest.mark.parametrize(
    ("setback", "status", "strikes", "delay", "outcome"),
    [
        (FAILED, "failed", 1, 10, "failed"),
        (REJECTED, "rejected", 0, 0, "rejected"),
        (RELEASED, "pending", 0, 30, "released"),
    ],
    ids=["failed", "rejected", "released"],
)
def test_a_setback_is_written_with_its_reason(
    engine: Engine, setback: Setback, status: str, strikes: int, delay: int, outcome: str
) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        assert set_back(connection, task, setback=setback)
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count, row.claim_token) == (status, strikes, None)
    assert (row.error_class, row.error) == (setback.error_class, setback.error)
    assert round((row.next_attempt_at - row.updated_at).total_seconds()) == delay
    assert attempt_outcomes(engine, task_id) == [outcome]
    with engine.connect() as connection:
        told = connection.execute(text("SELECT log_tail, cpu_seconds, error FROM media_process_attempt")).one()
    assert tuple(told) == ("the end", 1.25, setback.error)


WRITES: dict[str, Callable[[Connection, ClaimedTask], object]] = {
    "complete": complete,
    "set back": set_back,
    "renew": lambda connection, task: (
        renew(connection, held=[Held(task_id=task.id, claim_token=task.claim_token, progress=0.5)], lease=60).renewed
    ),
    "announce": lambda connection, task: announce_output(
        connection, task_id=task.id, claim_token=task.claim_token, bucket="media", key="k"
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_lost_claim_can_write_nothing(engine: Engine, write: Callable[[Connection, ClaimedTask], object]) -> None:
    (task_id,) = add_tasks(engine, count=1)
    zombie = claim_one(engine)
    assert lose(engine) == 1
    successor = claim_one(engine)
    before = task_row(engine, task_id)
    with engine.begin() as connection:
        assert not write(connection, zombie)
    assert task_row(engine, task_id) == before
    assert attempt_outcomes(engine, task_id) == ["lost", None]
    with engine.begin() as connection:
        assert complete(connection, successor)
    with engine.begin() as connection:
        assert not write(connection, zombie)
    row = history_row(engine, task_id)
    assert row is not None
    assert (row.claim_token, row.output_key) == (successor.claim_token, rendition(successor).key)


def test_after_a_lost_answer_the_database_tells_where_the_claim_stands(engine: Engine) -> None:
    add_tasks(engine, count=3)
    done, failed, held = (claim_one(engine) for _ in range(3))
    with engine.begin() as connection:
        complete(connection, done)
        set_back(connection, failed)
        told = [standing(connection, task_id=task.id, claim_token=task.claim_token) for task in (done, failed, held)]
        unknown = standing(connection, task_id=held.id, claim_token=uuid4())
    assert told == [Standing.SETTLED, Standing.SETTLED, Standing.HELD]
    assert unknown is Standing.LOST
    lose(engine)
    with engine.begin() as connection:
        assert standing(connection, task_id=held.id, claim_token=held.claim_token) is Standing.LOST
