"""What a task came to is told by the statement that wrote it: once, and only if that statement took effect."""

from dataclasses import asdict, fields, replace
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Rejected, Released, Setback, verdict
from mediaproc.core.message import MOST_NOTES
from mediaproc.core.notes import Note
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.file_deletion import delete_history, forget_upload
from mediaproc.db.notifications import MESSAGE
from mediaproc.db.tasks.expired_leases import fail_expired_leases
from mediaproc.db.tasks.operator_acts import cancel
from mediaproc.db.tasks.settle import settle_completed, settle_setback
from mediaproc.db.uploads import record_upload
from mediaproc.db.views.attempts import Ending, endings_of
from mediaproc.db.views.tasks import TaskLine
from mediaproc.db.webhooks import disable_webhook
from tests.db.task_rows import add_tasks, claim_one, claimant, rendition, sticker_notes
from tests.db.webhook_rows import add, bodies, outbox

_REPORT = Report(stage_seconds={"probe": 1.0}, cpu_seconds=1.0, log_tail="frame=1")


@pytest.fixture
def task(engine: Engine) -> ClaimedTask:
    add_tasks(engine, count=1)
    return claim_one(engine)


def _complete(engine: Engine, task: ClaimedTask, *, rolled_back: bool = False, notes: tuple[Note, ...] = ()) -> bool:
    made = replace(rendition(task), notes=notes)
    with engine.connect() as connection:
        settled = settle_completed(
            connection, task_id=task.id, claim_token=task.claim_token, rendition=made, report=_REPORT
        )
        if not rolled_back:
            connection.commit()
    return settled


def _set_back(engine: Engine, task: ClaimedTask, setback: Setback) -> bool:
    said = verdict(setback, fail_count=task.fail_count, policy=task_failure(base=0, cap=0), jitter=0.0)
    with engine.begin() as connection:
        return settle_setback(connection, task_id=task.id, claim_token=task.claim_token, verdict=said, report=_REPORT)


def _is_upload_of(engine: Engine, tenant: str) -> None:
    with engine.begin() as connection:
        for table in ("media_process", "media_upload"):
            connection.execute(text(f"UPDATE {table} SET tenant = :tenant"), {"tenant": tenant})  # noqa: S608 - our own


def test_a_completed_task_is_told_to_each_webhook_that_asked(engine: Engine, task: ClaimedTask) -> None:
    one, other = add(engine), add(engine, events=["task.completed"])
    add(engine, events=["task.cancelled"])
    assert _complete(engine, task)
    assert outbox(engine) == [(one, task.id, "task.completed"), (other, task.id, "task.completed")]


def test_a_zombies_settle_and_one_that_is_rolled_back_tell_nothing(engine: Engine, task: ClaimedTask) -> None:
    webhook = add(engine)
    assert _complete(engine, task, rolled_back=True)
    zombie = ClaimedTask(**{field.name: getattr(task, field.name) for field in fields(task)} | {"claim_token": uuid4()})
    assert not _complete(engine, zombie)
    assert not _set_back(engine, zombie, Rejected(error_class=ErrorClass.NO_VIDEO, error="No."))
    assert outbox(engine) == []
    # Taken away, the guard would have told of it: the same statement with the right token does.
    assert _complete(engine, task)
    assert outbox(engine) == [(webhook, task.id, "task.completed")]


def test_what_is_told_is_the_object_of_tasks_show_as_it_is_at_that_moment(engine: Engine, task: ClaimedTask) -> None:
    add(engine)
    assert _complete(engine, task)
    (body,) = bodies(engine)
    assert (body["type"], list(body)) == ("task.completed", ["type", "timestamp", "data"])
    told = body["data"]
    shown = {field.name for field in fields(TaskLine)} - {"progress", "due_in"}
    assert set(told) >= {"task", "tenant", "rendition"} | shown
    assert (told["task"], told["id"], told["status"], told["outcome"]) == (task.id, task.id, "completed", "completed")
    assert set(told["rendition"]) == {field.name for field in fields(Ending)} - {"id"}
    made = rendition(task)
    assert (told["rendition"]["output_key"], told["rendition"]["output_sha256"]) == (made.key, made.sha256)
    assert told["rendition"]["flags"] == ["video_codec"]
    assert (told["rendition"]["notes"], told["rendition"]["notes_count"]) == ([], 0)
    assert body["timestamp"] == told["updated_at"]


def test_a_message_tells_the_first_notes_of_a_rendition_as_the_task_does_and_how_many_there_are(
    engine: Engine, task: ClaimedTask
) -> None:
    add(engine)
    assert _complete(engine, task, notes=sticker_notes(1000))
    with engine.connect() as connection:
        ending = endings_of(connection, ids=[task.id])[task.id]
    told = bodies(engine)[0]["data"]["rendition"]
    assert told["notes"] == [asdict(each) for each in ending.notes[:MOST_NOTES]]
    assert told["notes_count"] == ending.notes_count == 1000


def test_a_rejected_task_is_told_with_its_reason(engine: Engine, task: ClaimedTask) -> None:
    webhook = add(engine)
    assert _set_back(engine, task, Rejected(error_class=ErrorClass.NO_VIDEO, error="There is no video in it."))
    assert outbox(engine) == [(webhook, task.id, "task.rejected")]
    told = bodies(engine)[0]["data"]
    assert (told["status"], told["error"], told["rendition"]) == ("rejected", "There is no video in it.", None)


def test_a_failed_task_is_told_when_it_waits_for_a_person_and_not_before(engine: Engine) -> None:
    webhook = add(engine)
    (task_id,) = add_tasks(engine, count=1)
    for strikes in (1, 2, 3):
        assert outbox(engine) == []
        assert _set_back(engine, claim_one(engine), Failed(error_class=ErrorClass.STALLED, error="It stalled."))
        assert strikes == 3 or outbox(engine) == []
    assert outbox(engine) == [(webhook, task_id, "task.exhausted")]
    assert bodies(engine)[0]["data"]["fail_count"] == 3


def test_a_task_that_is_released_is_not_told(engine: Engine, task: ClaimedTask) -> None:
    add(engine)
    assert _set_back(engine, task, Released(error_class=ErrorClass.DISK_FULL, error="The disk is full."))
    assert outbox(engine) == []


def test_a_task_that_is_lost_for_the_third_time_is_told_by_the_compensation(engine: Engine) -> None:
    webhook = add(engine)
    (task_id,) = add_tasks(engine, count=1)
    for _ in range(3):
        assert outbox(engine) == []
        claim_one(engine, by=claimant(lease=-1.0))
        with engine.begin() as connection:
            assert len(fail_expired_leases(connection, hold_off=0.0)) == 1
    assert outbox(engine) == [(webhook, task_id, "task.exhausted")]


def test_a_cancelled_task_is_told_whether_it_ran_or_waited(engine: Engine, task: ClaimedTask) -> None:
    webhook = add(engine)
    (waiting,) = add_tasks(engine, count=1, name="other")
    for task_id in (task.id, waiting):
        with engine.begin() as connection:
            assert cancel(connection, ids=[task_id])
    assert outbox(engine) == [(webhook, task.id, "task.cancelled"), (webhook, waiting, "task.cancelled")]
    assert [body["data"]["outcome"] for body in bodies(engine)] == ["cancelled"] * 2


def test_a_deleted_task_is_told_without_what_it_was_called(engine: Engine, task: ClaimedTask) -> None:
    webhook = add(engine, events=["task.deleted"])
    assert _complete(engine, task)
    for _ in range(2):
        with engine.begin() as connection:
            delete_history(connection, file_id=task.file_id)
    assert outbox(engine) == [(webhook, task.id, "task.deleted")]
    told = bodies(engine)[0]["data"]
    assert (told["task"], told["status"], told["filename"], told["rendition"]) == (task.id, "deleted", "", None)


def test_a_webhook_of_a_tenant_is_told_of_its_tasks_alone(engine: Engine, task: ClaimedTask) -> None:
    every, ours = add(engine), add(engine, tenant="ours")
    add(engine, tenant="theirs")
    _is_upload_of(engine, "ours")
    assert _complete(engine, task)
    assert [webhook for webhook, _, _ in outbox(engine)] == [every, ours]
    assert bodies(engine)[0]["data"]["tenant"] == "ours"


def test_a_webhook_of_each_tenant_that_has_the_file_is_told(engine: Engine, task: ClaimedTask) -> None:
    ours, theirs = add(engine, tenant="ours"), add(engine, tenant="theirs")
    add(engine, tenant="nobody")
    _is_upload_of(engine, "ours")
    with engine.begin() as connection:
        record_upload(connection, file_id=task.file_id, tenant="theirs", filename="mine.avi")
    assert _set_back(engine, task, Rejected(error_class=ErrorClass.NO_VIDEO, error="There is no video in it."))
    assert [webhook for webhook, _, _ in outbox(engine)] == [ours, theirs]
    # Neither is told what the other one calls itself, and its file.
    told = [body["data"] for body in bodies(engine)]
    assert [(each["tenant"], each["filename"]) for each in told] == [("ours", task.filename), ("theirs", "mine.avi")]
    with engine.begin() as connection:
        # It has deleted its upload, and so it is told nothing more.
        assert forget_upload(connection, file_id=task.file_id, tenant="ours")
        assert cancel(connection, ids=[task.id])
        delete_history(connection, file_id=task.file_id)
    assert outbox(engine)[2:] == [(theirs, task.id, "task.cancelled"), (theirs, task.id, "task.deleted")]


def test_a_webhook_that_is_disabled_is_told_nothing(engine: Engine, task: ClaimedTask) -> None:
    webhook = add(engine)
    with engine.begin() as connection:
        disable_webhook(connection, webhook_id=webhook, because="It is gone.")
    assert _complete(engine, task)
    assert outbox(engine) == []


def test_who_delivers_is_notified_at_the_commit(engine: Engine, task: ClaimedTask) -> None:
    add(engine)
    with engine.connect() as connection:
        connection.execute(text(f"LISTEN {MESSAGE}"))
        connection.commit()
        assert _complete(engine, task)
        driver = connection.connection.driver_connection
        assert driver is not None
        assert [note.channel for note in driver.notifies(timeout=5, stop_after=1)] == [MESSAGE]
