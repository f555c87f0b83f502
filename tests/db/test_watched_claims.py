"""A claim that somebody looks at is known as watched, for a while and no longer; its executor is told of it once."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, text

from mediaproc.db import watched_claims
from mediaproc.db.notifications import ENDED
from mediaproc.db.tasks.lease import Held, renew
from mediaproc.db.tasks.watched_progress import write_watched_progress
from tests.db.attempt_ends import complete
from tests.db.task_rows import add_tasks, claim_one, task_row


@pytest.fixture
def ears(engine: Engine) -> Iterator[psycopg.Connection]:
    """A connection that hears what executors hear of claims."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute(f"LISTEN {ENDED}")
        yield listening


def heard(ears: psycopg.Connection) -> list[UUID]:
    """What was sent before now: a notification of the listener's own comes behind all of them."""
    ears.execute(f"NOTIFY {ENDED}, 'end'")
    notes = []
    for note in ears.notifies(timeout=30):
        if note.payload == "end":
            break
        notes.append(UUID(note.payload))
    return notes


def watch(engine: Engine, ids: Sequence[int]) -> None:
    with engine.begin() as connection:
        watched_claims.forget_lapsed(connection)
    with engine.begin() as connection:
        watched_claims.watch(connection, task_ids=ids)


def lapse(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_watch SET watched_until = now()"))


def test_a_renewal_tells_which_of_its_claims_are_watched(engine: Engine) -> None:
    add_tasks(engine, count=2)
    tasks = [claim_one(engine) for _ in range(2)]
    held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.5) for task in tasks]
    with engine.begin() as connection:
        assert renew(connection, held=held, lease=60).watched == frozenset()
    watch(engine, [tasks[0].id])
    with engine.begin() as connection:
        assert renew(connection, held=held, lease=60).watched == {tasks[0].claim_token}
    lapse(engine)
    with engine.begin() as connection:
        assert renew(connection, held=held, lease=60).watched == frozenset()


def test_who_holds_a_claim_is_told_once_that_it_is_watched(engine: Engine, ears: psycopg.Connection) -> None:
    """A notification for each look would cost every listener of the site."""
    add_tasks(engine, count=2)
    task = claim_one(engine)
    for _ in range(3):
        watch(engine, [1, 2])
    assert heard(ears) == [task.claim_token]
    lapse(engine)
    watch(engine, [1, 2])
    assert heard(ears) == [task.claim_token]


def test_a_new_claim_of_a_watched_task_is_told_of(engine: Engine, ears: psycopg.Connection) -> None:
    add_tasks(engine, count=1)
    watch(engine, [1])
    assert heard(ears) == []
    first = claim_one(engine)
    watch(engine, [1])
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET claim_token = gen_random_uuid()"))
    watch(engine, [1])
    notes = heard(ears)
    assert len(notes) == 2
    assert notes[0] == first.claim_token != notes[1]


def test_a_claim_that_is_looked_at_all_the_time_is_seldom_written(engine: Engine) -> None:
    add_tasks(engine, count=1)
    claim_one(engine)

    def until() -> object:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT watched_until FROM media_watch"))

    watch(engine, [1])
    first = until()
    watch(engine, [1])
    assert until() == first
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_watch SET watched_until = watched_until - interval '11 s'"))
    watch(engine, [1])
    assert until() > first  # type: ignore[operator]


def test_watched_progress_is_written_and_the_lease_is_not(engine: Engine) -> None:
    add_tasks(engine, count=2)
    tasks = [claim_one(engine) for _ in range(2)]
    before = task_row(engine, tasks[0].id)
    watch(engine, [tasks[0].id])
    held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.5) for task in tasks]
    with engine.begin() as connection:
        assert write_watched_progress(connection, held=held) == {tasks[0].claim_token}
    after, other = task_row(engine, tasks[0].id), task_row(engine, tasks[1].id)
    assert before is not None
    assert after is not None
    assert other is not None
    assert after == (*before[: (at := before._fields.index("progress"))], 0.5, *before[at + 1 :])
    assert other.progress is None


def test_progress_of_a_lost_claim_is_not_written(engine: Engine) -> None:
    add_tasks(engine, count=1)
    task = claim_one(engine)
    watch(engine, [task.id])
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET claim_token = gen_random_uuid()"))
        held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.5)]
        assert write_watched_progress(connection, held=held) == frozenset()
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE media_process SET claim_token = :token, progress = NULL"), {"token": task.claim_token}
        )
        assert complete(connection, task)
        assert write_watched_progress(connection, held=held) == frozenset()


def test_the_progress_of_a_watched_claim_is_a_hot_update(engine: Engine) -> None:
    add_tasks(engine, count=1)
    task = claim_one(engine)
    watch(engine, [task.id])
    held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.1)]
    with engine.begin() as connection:
        assert write_watched_progress(connection, held=held)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    with engine.begin() as connection:
        total, hot = connection.execute(
            text("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'media_process'")
        ).one()
    # The claim changes the status, which the partial indexes know.
    assert (total, hot) == (2, 1)
