"""An act changes each task of a selection once, tells what it changed, and leaves lines of audit that say the same."""

from collections.abc import Iterator
from threading import Barrier, Thread

import psycopg
import pytest
from sqlalchemy import Engine, text

from mediaproc.acts import tasks as acts
from mediaproc.acts.tasks import Changed
from mediaproc.core.errors import MediaprocError, WrongUse
from mediaproc.core.lifecycle import Status
from mediaproc.core.selection import Selection
from mediaproc.db.database import Database
from mediaproc.db.notifications import DUE, ENDED
from mediaproc.db.tasks.lease import Held, renew
from mediaproc.db.tasks.take_back_strikes import take_back_failures
from tests.db.attempt_ends import complete, set_back
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, claimant, history_row, task_row

EXHAUSTED = Selection.parse("status:exhausted")


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(engine)


def _exhaust(engine: Engine, *, count: int) -> None:
    add_tasks(engine, count=count)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE media_process SET status = 'failed', fail_count = 3, error_class = 'lost', error = 'It is.',"
                " next_attempt_at = now() + interval '1 day'"
            )
        )


def _audit(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT actor, act, selection, count, because FROM media_audit ORDER BY id"))
        return [tuple(row) for row in rows]


def _statuses(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT status FROM media_process ORDER BY id")))


@pytest.fixture
def batches_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_BATCH", 4)


@pytest.mark.usefixtures("batches_of_four")
def test_a_selection_is_retried_in_batches_each_with_its_line(engine: Engine, database: Database) -> None:
    _exhaust(engine, count=10)
    told: list[int] = []
    changed = acts.retry(database, EXHAUSTED, actor="ann@desk", told=told.append)
    assert changed == Changed(met=10, changed=10)
    assert told == [4, 4, 2]
    assert _audit(engine) == [("ann@desk", "retry", "status:exhausted", count, None) for count in told]
    assert set(_statuses(engine)) == {"pending"}


@pytest.mark.usefixtures("batches_of_four")
def test_an_act_that_leaves_its_tasks_in_the_selection_meets_each_once(engine: Engine, database: Database) -> None:
    add_tasks(engine, count=10)
    every = Selection.parse("older:0s")
    assert acts.set_priority(database, every, priority=7, actor="a") == Changed(met=10, changed=10)
    with engine.connect() as connection:
        assert set(connection.scalars(text("SELECT priority FROM media_process"))) == {7}


def test_what_was_enqueued_after_the_act_began_is_left_alone(
    engine: Engine, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "_BATCH", 1)
    add_tasks(engine, count=2)

    def enqueue_more(met: int) -> None:
        add_tasks(engine, count=met, name=f"new-{len(_statuses(engine))}")

    changed = acts.retry(database, Selection.parse("status:pending"), actor="a", told=enqueue_more)
    assert changed.met == 2


def test_ids_are_changed_as_far_as_their_statuses_allow(engine: Engine, database: Database) -> None:
    ids = add_tasks(engine, count=3)
    running = claim_one(engine)
    changed = acts.retry(database, Selection(ids=(*ids, 999)), actor="a")
    assert (changed.met, changed.changed) == (3, 2)
    assert set(changed.done) == set(ids) - {running.id}
    assert [line[3] for line in _audit(engine)] == [2]


def test_two_operators_at_once_count_what_each_really_changed(engine: Engine, database: Database) -> None:
    _exhaust(engine, count=60)
    begin, results = Barrier(2), list[Changed]()

    def act(name: str) -> None:
        begin.wait()
        results.append(acts.retry(database, EXHAUSTED, actor=name))

    both = [Thread(target=act, args=(name,)) for name in ("ann", "bob")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sum(result.changed for result in results) == 60
    # Who came second may have met none.
    told = [line[3] for line in _audit(engine)]
    assert sorted(filter(None, map(int, map(str, told)))) == sorted(
        result.changed for result in results if result.changed
    )


def test_a_row_that_stays_locked_is_told_and_the_rest_goes_on(engine: Engine, database: Database) -> None:
    _exhaust(engine, count=3)
    with engine.begin() as forgotten:
        forgotten.execute(text("SELECT 1 FROM media_process WHERE id = 2 FOR UPDATE"))
        assert acts.retry(database, EXHAUSTED, actor="a") == Changed(met=3, changed=2, locked=(2,))
    assert _statuses(engine) == ["pending", "failed", "pending"]


def test_a_task_that_left_the_selection_meanwhile_is_not_changed(engine: Engine, database: Database) -> None:
    """A claim takes a failed task while the act waits for its row: what runs was not meant."""
    add_tasks(engine, count=1)
    pending = Selection.parse("status:pending")
    with engine.connect() as other:
        claim = other.begin()
        other.execute(
            text(
                "UPDATE media_process SET status = 'processing', claim_token = gen_random_uuid(),"
                " claimed_by = gen_random_uuid(), claimed_at = now(), lease_expires_at = now()"
            )
        )
        results = list[Changed]()
        act = Thread(target=lambda: results.append(acts.cancel(database, pending, actor="a")))
        act.start()
        claim.commit()
        act.join()
    assert [result.changed for result in results] == [0]
    assert _statuses(engine) == ["processing"]


def test_a_rejected_task_keeps_its_sentence_and_its_executor_finds_the_token_gone(
    engine: Engine, database: Database
) -> None:
    add_tasks(engine, count=2)
    task = claim_one(engine)
    selection = Selection(ids=(1, 2))
    assert acts.reject(database, selection, because=" It is  a trailer.\x1b ", actor="ann").changed == 2
    row = task_row(engine, task.id)
    assert row is not None
    assert (row.status, row.error_class, row.error) == ("rejected", "by_person", "It is  a trailer.\\x1b")
    assert attempt_outcomes(engine, task.id) == ["cancelled"]
    with engine.begin() as connection:
        held = [Held(task_id=task.id, claim_token=task.claim_token, progress=None)]
        assert renew(connection, held=held, lease=60).lost == {task.claim_token}
        assert not complete(connection, task)
    assert acts.reject(database, selection, because="Once more.", actor="ann") == Changed(met=2)
    assert [(line[3], line[4]) for line in _audit(engine)] == [(2, "It is  a trailer.\\x1b"), (0, "Once more.")]
    assert acts.retry(database, selection, actor="ann").changed == 2


@pytest.mark.parametrize("because", ["", "  "])
def test_a_rejection_without_a_sentence_is_refused(database: Database, because: str) -> None:
    with pytest.raises(WrongUse, match="says why"):
        acts.reject(database, Selection(ids=(1,)), because=because, actor="a")


def test_what_is_done_is_refused_with_a_sentence(engine: Engine, database: Database) -> None:
    with pytest.raises(MediaprocError, match="no retry of them: leave out status:completed"):
        acts.retry(database, Selection.parse("status:failed|completed"), actor="a")
    assert _audit(engine) == []


@pytest.fixture
def listener(database_url: str) -> Iterator[psycopg.Connection[object]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for channel in (DUE, ENDED):
            connection.execute(f"LISTEN {channel}".encode())
        yield connection


@pytest.mark.usefixtures("batches_of_four")
def test_a_batch_of_many_sends_one_notification(
    engine: Engine, database: Database, listener: psycopg.Connection[object]
) -> None:
    _exhaust(engine, count=8)
    acts.retry(database, EXHAUSTED, actor="a")
    heard = [(note.channel, note.payload) for note in listener.notifies(timeout=0)]
    assert heard == [(DUE, "any")] * 2


def test_only_the_claims_that_ended_are_told_to_their_executors(
    engine: Engine, database: Database, listener: psycopg.Connection[object]
) -> None:
    add_tasks(engine, count=5)
    first, second = claim_one(engine), claim_one(engine)
    assert acts.cancel(database, Selection.parse("shard:0/2|1/2 older:0s status:pending"), actor="a").changed == 3
    assert acts.cancel(database, Selection(ids=(first.id,)), actor="a").changed == 1
    assert acts.reject(database, Selection(ids=(second.id,)), because="No.", actor="a").changed == 1
    heard = [(note.channel, note.payload) for note in listener.notifies(timeout=0)]
    assert heard == [(ENDED, str(task.claim_token)) for task in (first, second)]
    row = history_row(engine, first.id)
    assert row is not None
    assert row.outcome == Status.CANCELLED


def test_an_outliers_failure_that_is_taken_back_leaves_a_persons_rejection(engine: Engine, database: Database) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine, by=claimant())
    with engine.begin() as connection:
        assert set_back(connection, task)
    acts.reject(database, Selection(ids=(task_id,)), because="It is not ours.", actor="a")
    with engine.begin() as connection:
        take_back_failures(connection, claim_tokens=[task.claim_token])
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.error) == ("rejected", "It is not ours.")
