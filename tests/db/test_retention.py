"""Each kind of row goes once it is older than it is kept, and one that is a second too young stays."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.db import audit, executor_registry
from mediaproc.db.retention.old_attempts import clear_log_tails, delete_attempts, old_attempts
from mediaproc.db.retention.old_audit import delete_audit
from tests.db.old_rows import DAY, add_attempt, add_ended_task
from tests.db.sample_rows import claimed, executor, insert_task

_KEEP = 30 * DAY


def _delete_attempts(connection: Connection) -> list[UUID]:
    """The attempts that went."""
    before = _tokens(connection)
    looked_at = old_attempts(connection, keep=_KEEP, limit=100, after=None)
    gone = delete_attempts(connection, keep=_KEEP, claim_tokens=[each.claim_token for each in looked_at])
    left = _tokens(connection)
    assert gone == len(before) - len(left)
    return [token for token in before if token not in left]


def _tokens(connection: Connection) -> list[UUID]:
    return list(connection.scalars(text("SELECT claim_token FROM media_process_attempt")))


# Within one transaction now() stands still: so a second is exactly one.
@pytest.mark.parametrize(("age", "goes"), [(_KEEP - 1, False), (_KEEP + 1, True)])
def test_a_log_tail_goes_and_the_attempt_stays(engine: Engine, age: float, *, goes: bool) -> None:
    with engine.begin() as connection:
        add_attempt(connection, 1, age=age, log_tail="frame= 7")
        add_attempt(connection, 1, age=age)
        cleared = clear_log_tails(connection, keep=_KEEP, limit=100, since=None)
        left = connection.scalars(text("SELECT log_tail FROM media_process_attempt WHERE log_tail <> ''")).all()
        assert (len(cleared), left) == ((1, []) if goes else (0, ["frame= 7"]))
        assert len(_tokens(connection)) == 2


def test_log_tails_go_batch_by_batch_the_oldest_first(engine: Engine) -> None:
    with engine.begin() as connection:
        for days in range(5):
            add_attempt(connection, 1, age=_KEEP + (days + 1) * DAY, log_tail=str(days))
        left, since = [], None
        for _ in range(4):
            ends = clear_log_tails(connection, keep=_KEEP, limit=2, since=since)
            since = max(ends, default=since)
            left.append(
                sorted(connection.scalars(text("SELECT log_tail FROM media_process_attempt WHERE log_tail <> ''")))
            )
    assert left == [["0", "1", "2"], ["0"], [], []]


@pytest.mark.parametrize(("age", "goes"), [(_KEEP - 1, False), (_KEEP + 1, True)])
def test_an_attempt_goes_with_the_time_since_its_task_ended(engine: Engine, age: float, *, goes: bool) -> None:
    with engine.begin() as connection:
        add_ended_task(connection, 1, age=age)
        token = add_attempt(connection, 1, age=_KEEP + DAY)
        assert _delete_attempts(connection) == ([token] if goes else [])


def test_an_attempt_of_a_task_that_is_not_done_stays_however_old(engine: Engine) -> None:
    with engine.begin() as connection:
        task = insert_task(connection, 1)
        add_attempt(connection, task, age=10 * _KEEP, outcome="failed")
        assert _delete_attempts(connection) == []


def test_an_attempt_whose_object_is_still_to_be_swept_stays(engine: Engine) -> None:
    with engine.begin() as connection:
        add_ended_task(connection, 1, age=10 * _KEEP)
        add_attempt(connection, 1, age=10 * _KEEP, outcome="lost", key="loser", to_sweep=True)
        swept = add_attempt(connection, 1, age=10 * _KEEP, outcome="lost", key="loser")
        assert _delete_attempts(connection) == [swept]


def test_an_attempt_that_runs_stays(engine: Engine) -> None:
    with engine.begin() as connection:
        add_attempt(connection, 1, age=10 * _KEEP, outcome=None)
        assert _delete_attempts(connection) == []


def test_attempts_that_stay_do_not_keep_the_look_from_going_on(engine: Engine) -> None:
    with engine.begin() as connection:
        task = insert_task(connection, 1)
        for days in range(3):
            add_attempt(connection, task, age=_KEEP + (9 - days) * DAY, outcome="failed")
        last = add_attempt(connection, 999, age=_KEEP + DAY)
        seen: list[UUID] = []
        after = None
        while batch := old_attempts(connection, keep=_KEEP, limit=2, after=after):
            after = batch[-1]
            seen += [each.claim_token for each in batch]
        assert (len(seen), seen[-1]) == (4, last)


@pytest.mark.parametrize(("age", "left"), [(_KEEP - 1, 1), (_KEEP + 1, 0)])
def test_a_line_of_audit_goes(engine: Engine, age: float, left: int) -> None:
    with engine.begin() as connection:
        _record(connection, age=age)
        assert delete_audit(connection, keep=_KEEP, limit=10) == 1 - left
        assert connection.scalar(text("SELECT count(*) FROM media_audit")) == left


def test_the_audit_of_a_day_stays_whatever_is_asked_for(engine: Engine) -> None:
    with engine.begin() as connection:
        _record(connection, age=DAY - 1)
        assert delete_audit(connection, keep=0.0, limit=10) == 0


def _record(connection: Connection, *, age: float) -> None:
    audit.record(connection, actor="ann@node", act="retry", selection="1", count=1)
    connection.execute(text("UPDATE media_audit SET at = now() - make_interval(secs => :age)"), {"age": age})


@pytest.mark.parametrize(("age", "left"), [(7 * DAY - 1, 1), (7 * DAY + 1, 0)])
def test_an_executor_that_is_gone_for_a_week_goes(engine: Engine, age: float, left: int) -> None:
    with engine.begin() as connection:
        executor(connection)
        _last_seen(connection, age=age)
        assert executor_registry.delete_stale_executors(connection) == 1 - left


def test_an_executor_that_still_holds_a_task_stays(engine: Engine) -> None:
    with engine.begin() as connection:
        insert_task(connection, 1)
        claimed(connection, executor(connection))
        _last_seen(connection, age=30 * DAY)
        assert executor_registry.delete_stale_executors(connection) == 0
        assert connection.scalars(text("SELECT host FROM ops.working")).all() == ["node-a"]


def _last_seen(connection: Connection, *, age: float) -> None:
    connection.execute(
        text("UPDATE media_executor SET heartbeat_at = now() - make_interval(secs => :age)"), {"age": age}
    )
