"""An outlier takes back what it struck, once, whatever became of the tasks meanwhile, and others' strikes stay."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Rejected, Setback, verdict
from mediaproc.core.outlier import TAKE_BACK_LIMIT
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.tasks.claim import Claimant, claim_due
from mediaproc.db.tasks.operator_acts import cancel, retry
from mediaproc.db.tasks.settle import settle_completed, settle_setback
from mediaproc.db.tasks.take_back_strikes import take_back_failures
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, claimant, history_row, rendition, task_row

FAILED = Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="ffmpeg gave up.")
REJECTED = Rejected(error_class=ErrorClass.UNDECODABLE, error="Nothing of it can be decoded.")
OUTLIER, GOOD = claimant(), claimant()


@pytest.fixture
def task_id(engine: Engine) -> int:
    (task_id,) = add_tasks(engine, count=1)
    return task_id


def set_back(engine: Engine, *, by: Claimant, setback: Setback = FAILED) -> UUID:
    """The task is claimed, due or not, and fails; its token."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
        (task,) = claim_due(connection, claimant=by, limit=1)
        write(connection, task, setback=setback)
    return task.claim_token


def write(connection: Connection, task: ClaimedTask, *, setback: Setback = FAILED) -> None:
    said = verdict(setback, fail_count=task.fail_count, policy=task_failure(base=3600, cap=3600), jitter=1.0)
    assert settle_setback(connection, task_id=task.id, claim_token=task.claim_token, verdict=said, report=Report())


def take_back(engine: Engine, *tokens: UUID) -> int:
    with engine.begin() as connection:
        return take_back_failures(connection, claim_tokens=tokens)


def state(engine: Engine, task_id: int) -> tuple[str, int, bool]:
    """The task's status, its strikes, and whether it is due."""
    row = task_row(engine, task_id)
    assert row is not None
    with engine.connect() as connection:
        return (
            row.status,
            row.fail_count,
            bool(connection.scalar(text("SELECT next_attempt_at <= now() FROM media_process"))),
        )


def test_what_failed_for_good_by_its_strikes_is_due_at_once_with_none(engine: Engine, task_id: int) -> None:
    tokens = [set_back(engine, by=OUTLIER) for _ in range(3)]
    assert state(engine, task_id) == ("failed", 3, False)
    assert take_back(engine, *tokens) == 1
    assert state(engine, task_id) == ("pending", 0, True)
    assert attempt_outcomes(engine, task_id) == ["released"] * 3
    row = task_row(engine, task_id)
    assert row is not None
    assert row.error_class == "outlier"
    assert row.error.startswith("ffmpeg gave up. Taken back: ")
    assert take_back(engine, *tokens) == 0
    assert claim_one(engine).fail_count == 0


def test_what_it_rejected_is_due_at_once(engine: Engine, task_id: int) -> None:
    token = set_back(engine, by=OUTLIER, setback=REJECTED)
    assert state(engine, task_id)[0] == "rejected"
    assert take_back(engine, token) == 1
    assert state(engine, task_id) == ("pending", 0, True)


def test_a_strike_of_another_stays_with_its_delay(engine: Engine, task_id: int) -> None:
    first = set_back(engine, by=OUTLIER)
    set_back(engine, by=GOOD)
    assert take_back(engine, first) == 1
    assert state(engine, task_id) == ("failed", 1, False)
    assert attempt_outcomes(engine, task_id) == ["released", "failed"]


def test_whoever_has_claimed_the_task_since_keeps_it(engine: Engine, task_id: int) -> None:
    token = set_back(engine, by=OUTLIER)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    successor = claim_one(engine, by=GOOD)
    assert take_back(engine, token) == 1
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count, row.claim_token) == ("processing", 0, successor.claim_token)
    with engine.begin() as connection:
        write(connection, successor)
    assert state(engine, task_id) == ("failed", 1, False)


@pytest.mark.parametrize("ended", ["completed", "cancelled"])
def test_what_has_ended_meanwhile_loses_its_strike_and_nothing_else(engine: Engine, task_id: int, ended: str) -> None:
    token = set_back(engine, by=OUTLIER)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    task = claim_one(engine, by=GOOD)
    with engine.begin() as connection:
        if ended == "completed":
            settle_completed(
                connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=Report()
            )
        else:
            cancel(connection, ids=[task.id])
    assert take_back(engine, token) == 1
    row = history_row(engine, task_id)
    assert row is not None
    assert (row.outcome, row.fail_count, row.claim_token) == (ended, 0, task.claim_token)
    assert task_row(engine, task_id) is None


def test_what_a_person_retried_since_keeps_the_strikes_that_came_after(engine: Engine, task_id: int) -> None:
    before = set_back(engine, by=OUTLIER)
    with engine.begin() as connection:
        assert retry(connection, ids=[task_id])
    set_back(engine, by=GOOD)
    assert take_back(engine, before) == 1
    assert state(engine, task_id) == ("failed", 1, False)


def test_a_task_that_nobody_can_do_keeps_its_strikes_in_the_end(engine: Engine, task_id: int) -> None:
    for _ in range(TAKE_BACK_LIMIT):
        assert take_back(engine, set_back(engine, by=claimant())) == 1
    for strikes in (1, 2, 3):
        assert take_back(engine, set_back(engine, by=claimant())) == 0
        assert state(engine, task_id) == ("failed", strikes, False)
    with engine.begin() as connection:
        assert retry(connection, ids=[task_id])
    assert take_back(engine, set_back(engine, by=claimant())) == 1


def test_a_locked_row_waits_for_a_later_call_and_keeps_nobody_else(engine: Engine) -> None:
    locked, free = add_tasks(engine, count=2)
    with engine.begin() as connection:
        tasks = claim_due(connection, claimant=OUTLIER, limit=2)
        for task in tasks:
            write(connection, task)
    tokens = [task.claim_token for task in tasks]
    with engine.begin() as connection:
        connection.execute(text("SELECT FROM media_process WHERE id = :id FOR UPDATE"), {"id": locked})
        assert take_back(engine, *tokens) == 1
    assert [attempt_outcomes(engine, task) for task in (locked, free)] == [["failed"], ["released"]]
    assert take_back(engine, *tokens) == 1
    assert [attempt_outcomes(engine, task) for task in (locked, free)] == [["released"], ["released"]]
