"""A pass removes what is old in batches, rests between them, stops when told, and leaves a line of audit."""

import threading

import pytest
from sqlalchemy import Engine, text

from mediaproc import scheduled_jobs
from mediaproc.core.schedule import ScheduleName
from mediaproc.db.database import Database
from mediaproc.retention import batches
from mediaproc.retention import pruning as passes
from mediaproc.retention.batches import Batch, Batches
from mediaproc.retention.pruning import Pruned, Pruning
from mediaproc.site_schedule import Run
from tests.db.old_rows import DAY, add_attempt, add_ended_task


@pytest.fixture
def two_rows_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "_ROWS", 2)


@pytest.mark.usefixtures("two_rows_a_batch")
def test_a_pass_removes_all_that_is_old_and_says_so_in_the_audit(engine: Engine, pruning: Pruning) -> None:
    with engine.begin() as connection:
        for task in range(1, 6):
            add_ended_task(connection, task, age=task * 6 * DAY)
            add_attempt(connection, task, age=task * 6 * DAY, log_tail="frame= 7")
        connection.execute(
            text(
                "INSERT INTO media_audit (actor, act, selection, count, at)"
                " SELECT 'ann@node', 'retry', '', 1, now() - n * interval '20 days' FROM generate_series(1, 4) n"
            )
        )
    assert pruning.run(actor="ann@node") == Pruned(log_tails=4, attempts=2, audit=3)
    with engine.connect() as connection:
        ages = "SELECT task_id FROM media_process_attempt ORDER BY task_id"
        assert connection.scalars(text(ages)).all() == [1, 2, 3]
        assert connection.scalars(text(ages.replace("ORDER", "WHERE log_tail IS NOT NULL ORDER"))).all() == [1]
        assert connection.scalar(text("SELECT count(*) FROM media_process_history")) == 5
        told = connection.execute(text("SELECT actor, act, count FROM media_audit ORDER BY id DESC")).first()
    assert told == ("ann@node", "prune", 9)
    assert pruning.run(actor="ann@node") == Pruned()


def test_messages_go_once_nobody_will_send_them_any_more(engine: Engine, pruning: Pruning) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_webhook (url, events, secret, actor) VALUES ('https://a.example/', '{}', 's', 'me');"
                "INSERT INTO media_delivery (webhook_id, type, body, created_at, delivered_at)"
                " SELECT id, type, '', now() - age, sent FROM media_webhook CROSS JOIN (VALUES"
                " ('old', interval '36 days', now()), ('young', interval '34 days', now()),"
                " ('due', interval '36 days', NULL)) AS message (type, age, sent)"
            )
        )
    assert pruning.run(actor="").deliveries == 1
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT type FROM media_delivery ORDER BY id")).all() == ["young", "due"]


def test_a_pass_that_is_told_to_stop_stops_after_its_batch() -> None:
    stop, begun = threading.Event(), []

    def batch(place: int | None) -> Batch[int]:
        begun.append(place)
        if len(begun) == 3:
            stop.set()
        return Batch(done=1, place=len(begun))

    assert Batches(stop=stop).run(batch) == 3
    assert begun == [None, 1, 2]


def test_a_pass_that_is_another_executors_by_now_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_ASK_EVERY", -1.0)
    answers = iter([True, False])
    begun: list[int | None] = []

    def batch(place: int | None) -> Batch[int]:
        begun.append(place)
        return Batch(done=1, place=len(begun))

    assert Batches(may_go_on=lambda: next(answers)).run(batch) == 1


def test_two_passes_at_once_share_what_there_is(engine: Engine, pruning: Pruning) -> None:
    with engine.begin() as connection:
        locked = add_attempt(connection, 1, age=15 * DAY, log_tail="frame= 7")
        add_attempt(connection, 1, age=15 * DAY, log_tail="frame= 7")
    with engine.begin() as other:
        # As another pass does that is in the middle of its batch.
        statement = text("SELECT 1 FROM media_process_attempt WHERE claim_token = :token FOR UPDATE")
        other.execute(statement, {"token": locked})
        assert pruning.run(actor="").log_tails == 1
    assert pruning.run(actor="").log_tails == 1


def test_a_scheduled_pass_says_what_it_removed_and_leaves_no_line_for_nothing(
    engine: Engine, pruning: Pruning, database: Database
) -> None:
    with engine.begin() as connection:
        add_attempt(connection, 1, age=25 * DAY)
    run = Run(name=ScheduleName.PRUNE, database=database, is_ending=threading.Event())
    assert [scheduled_jobs.prune(pruning, run) for _ in range(2)] == ["1 rows removed", "0 rows removed"]
    with engine.connect() as connection:
        lines = connection.execute(text("SELECT actor, act, count FROM media_audit")).all()
    assert lines == [("schedule prune", "prune", 1)]
