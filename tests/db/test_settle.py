from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, func, select, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import RELEASE_LIMIT, Failed, Rejected, Released, Setback, verdict
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.database import Database
from mediaproc.db.listener import Listener
from mediaproc.db.notifications import CHANNEL
from mediaproc.db.tasks.expired_leases import fail_expired_leases
from mediaproc.db.tasks.lease import Held, announce_output, renew
from mediaproc.db.tasks.operator_acts import cancel, retry
from mediaproc.db.tasks.settle import Standing, settle_completed, settle_setback, standing
from mediaproc.db.tasks.sweep import losers_outputs, mark_swept
from mediaproc.db.tasks.take_back_strikes import take_back_strike
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, history_row, rendition, task_row

REPORT = Report(stage_seconds={"transcode": 1.5}, cpu_seconds=1.25, log_tail="the end")
FAILED = Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="It did not work.")
REJECTED = Rejected(error_class=ErrorClass.UNREADABLE, error="It is no video.")
RELEASED = Released(error_class=ErrorClass.STORE_UNAVAILABLE, error="The store is away.", delay=30)

_TWO_EARLIER_STRIKES = """
INSERT INTO media_process_attempt
  (claim_token, task_id, attempt, executor_id, shard_index, shard_total, outcome, finished_at)
SELECT gen_random_uuid(), :task, number, gen_random_uuid(), 0, 1, 'failed', now() FROM generate_series(-1, 0) number
"""
_THE_END = 0

_STRIKES_TAKEN_BACK = """
INSERT INTO media_process_attempt
  (claim_token, task_id, attempt, executor_id, shard_index, shard_total, outcome, error_class, finished_at)
SELECT gen_random_uuid(), :task, 1 + number, gen_random_uuid(), 0, 1, 'released', 'lost', now()
FROM generate_series(1, :before) number
"""


def complete(connection: Connection, task: ClaimedTask) -> bool:
    return settle_completed(
        connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=REPORT
    )


def set_back(connection: Connection, task: ClaimedTask, *, setback: Setback = FAILED, base: float = 10) -> bool:
    decided = verdict(setback, fail_count=task.fail_count, policy=task_failure(base=base, cap=3600), jitter=1.0)
    return settle_setback(connection, task_id=task.id, claim_token=task.claim_token, verdict=decided, report=REPORT)


def lose(engine: Engine) -> int:
    """Let every lease run out and compensate; returns how many claims were lost."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE media_process SET lease_expires_at = now() - interval '1 s' WHERE status = 'processing'")
        )
        return len(fail_expired_leases(connection, hold_off=0))


def _heard_before_the_end(engine: Engine, listener: Listener) -> list[int]:
    """What was said so far: words are heard in the order of their commits, and the last one is ours."""
    with engine.begin() as connection:
        connection.execute(select(func.pg_notify(CHANNEL, str(_THE_END))))
    heard: list[int] = []
    while _THE_END not in heard:
        heard += listener.hear(seconds=1)
    return [task_id for task_id in heard if task_id != _THE_END]


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


def test_three_strikes_and_a_task_waits_for_a_person_who_may_retry_it(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    for _ in range(3):
        with engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
        task = claim_one(engine)
        with engine.begin() as connection:
            assert set_back(connection, task)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    with pytest.raises(ValueError, match="not enough values"):
        claim_one(engine)
    with engine.begin() as connection:
        assert retry(connection, task_id=task_id)
    assert claim_one(engine).attempt == 4


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


def test_a_renewal_saves_a_lease_that_has_run_out_while_the_row_carries_the_token(engine: Engine) -> None:
    add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 h'"))
        held = [Held(task_id=task.id, claim_token=task.claim_token, progress=None)]
        assert renew(connection, held=held, lease=60).renewed == {task.claim_token}
        assert fail_expired_leases(connection, hold_off=0) == []


def test_one_renewal_serves_all_and_tells_which_are_lost(engine: Engine) -> None:
    add_tasks(engine, count=3)
    tasks = [claim_one(engine) for _ in range(3)]
    with engine.begin() as connection:
        assert complete(connection, tasks[1])
        held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.25) for task in tasks]
        renewal = renew(connection, held=held, lease=60)
        assert renewal.renewed == {tasks[0].claim_token, tasks[2].claim_token}
        assert renewal.lost == {tasks[1].claim_token}
        held = [Held(task_id=task.id, claim_token=task.claim_token, progress=None) for task in tasks]
        renew(connection, held=held, lease=60)
    row = task_row(engine, tasks[0].id)
    assert row is not None
    assert row.progress == 0.25


def test_a_renewal_is_a_hot_update(engine: Engine) -> None:
    add_tasks(engine, count=1)
    task = claim_one(engine)
    held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.1)]
    with engine.begin() as connection:
        renew(connection, held=held, lease=60)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    with engine.begin() as connection:
        total, hot = connection.execute(
            text("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'media_process'")
        ).one()
    # The claim changes the status, which the partial indexes know; the renewal touches no index.
    assert (total, hot) == (2, 1)


def test_a_lost_claim_costs_a_strike_and_is_due_at_once(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    claim_one(engine)
    assert lose(engine) == 1
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count, row.error_class) == ("failed", 1, "lost")
    assert claim_one(engine).fail_count == 1


def test_compensation_leaves_a_lease_that_is_good_and_holds_off_after_a_restart(engine: Engine) -> None:
    add_tasks(engine, count=1)
    claim_one(engine)
    with engine.begin() as connection:
        assert fail_expired_leases(connection, hold_off=0) == []
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 s'"))
        assert fail_expired_leases(connection, hold_off=86_400) == []
        assert len(fail_expired_leases(connection, hold_off=0)) == 1


@pytest.mark.parametrize("first", ["settle", "compensate"])
def test_settle_and_compensation_have_one_winner_in_either_order(engine: Engine, first: str) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    if first == "settle":
        with engine.begin() as connection:
            assert complete(connection, task)
        assert lose(engine) == 0
        assert attempt_outcomes(engine, task_id) == ["completed"]
    else:
        assert lose(engine) == 1
        with engine.begin() as connection:
            assert not complete(connection, task)
        assert attempt_outcomes(engine, task_id) == ["lost"]
        assert history_row(engine, task_id) is None


def test_a_strike_is_taken_back_exactly_once(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    for expected in (True, False):
        with engine.begin() as connection:
            assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token) is expected
        row = task_row(engine, task_id)
        assert row is not None
        assert (row.status, row.fail_count) == ("pending", 0)
    assert attempt_outcomes(engine, task_id) == ["released"]


@pytest.mark.parametrize(("before", "is_taken_back"), [(RELEASE_LIMIT - 1, True), (RELEASE_LIMIT, False)])
def test_strikes_are_not_taken_back_for_ever(
    engine: Engine,
    before: int,
    is_taken_back: bool,  # noqa: FBT001
) -> None:
    """As of a task whose encode keeps its executor from renewing, each time."""
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    with engine.begin() as connection:
        connection.execute(text(_STRIKES_TAKEN_BACK), {"task": task_id, "before": before})
        assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token) is is_taken_back
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count) == (("pending", 0) if is_taken_back else ("failed", 1))


def test_a_task_that_is_due_again_by_a_strike_taken_back_is_told_once(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    with engine.begin() as connection:
        # As if two strikes had been there before: what compensation did made it wait for a person.
        connection.execute(text("UPDATE media_process SET fail_count = 3"))
        connection.execute(text(_TWO_EARLIER_STRIKES), {"task": task_id})
    with Listener(Database(engine), executor_id=uuid4()) as listener:
        for _ in range(2):
            with engine.begin() as connection:
                take_back_strike(connection, task_id=task_id, claim_token=task.claim_token)
        assert _heard_before_the_end(engine, listener) == [task_id]
    assert claim_one(engine).fail_count == 2


def test_a_strike_taken_back_while_the_successor_works_tells_nobody(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    claim_one(engine)
    with Listener(Database(engine), executor_id=uuid4()) as listener:
        with engine.begin() as connection:
            assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token)
        assert _heard_before_the_end(engine, listener) == []


def test_taking_back_a_strike_leaves_the_successor_its_claim(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    successor = claim_one(engine)
    with engine.begin() as connection:
        assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token)
        assert complete(connection, successor)


def test_a_strike_is_taken_back_from_a_task_that_has_ended_meanwhile(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    lose(engine)
    with engine.begin() as connection:
        assert complete(connection, claim_one(engine))
    for expected in (True, False):
        with engine.begin() as connection:
            assert take_back_strike(connection, task_id=task_id, claim_token=task.claim_token) is expected
        ended = history_row(engine, task_id)
        assert ended is not None
        assert (ended.outcome, ended.fail_count) == ("completed", 0)
    assert attempt_outcomes(engine, task_id) == ["released", "completed"]


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


def test_a_cancelled_task_leaves_at_once_and_its_executor_finds_the_token_gone(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        assert not retry(connection, task_id=task_id)
        assert cancel(connection, task_id=task_id)
        assert not cancel(connection, task_id=task_id)
        held = [Held(task_id=task.id, claim_token=task.claim_token, progress=None)]
        assert renew(connection, held=held, lease=60).lost == {task.claim_token}
        assert not complete(connection, task)
        assert standing(connection, task_id=task_id, claim_token=task.claim_token) is Standing.LOST
    row = history_row(engine, task_id)
    assert row is not None
    assert (row.outcome, row.output_key) == ("cancelled", None)
    assert attempt_outcomes(engine, task_id) == ["cancelled"]


def test_the_sweep_finds_losers_outputs_twice_and_never_a_winners(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    loser = claim_one(engine)
    with engine.begin() as connection:
        assert announce_output(connection, task_id=task_id, claim_token=loser.claim_token, bucket="media", key="loser")
        assert losers_outputs(connection, bucket="media") == []
    lose(engine)
    winner = claim_one(engine)
    with engine.begin() as connection:
        announce_output(connection, task_id=task_id, claim_token=winner.claim_token, bucket="media", key="winner")
        complete(connection, winner)
    for _ in range(2):
        with engine.begin() as connection:
            assert [output.key for output in losers_outputs(connection, bucket="media")] == ["loser"]
            assert losers_outputs(connection, bucket="another") == []
            mark_swept(connection, claim_token=loser.claim_token)
        with engine.begin() as connection:
            assert losers_outputs(connection, bucket="media") == []
            # A day passes.
            connection.execute(
                text(
                    "UPDATE media_process_attempt SET sweep_after = sweep_after - interval '1 day',"
                    " finished_at = finished_at - interval '1 day'"
                )
            )
