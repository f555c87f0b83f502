"""Claims that nobody works on are given back, without a strike unless that has been so too often."""

from sqlalchemy import Engine, text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import release_limit
from mediaproc.db.tasks.claim import claim_due
from mediaproc.db.tasks.operator_acts import retry
from mediaproc.db.tasks.release import release_all, release_unknown
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, claimant, task_row


def test_claims_whose_answer_was_lost_are_released_without_a_strike(engine: Engine) -> None:
    heard_id, unheard_id = add_tasks(engine, count=2)
    who = claimant()
    heard, unheard = claim_one(engine, by=who), claim_one(engine, by=who)
    other_id = add_tasks(engine, count=1, name="other")[0]
    claim_one(engine)
    with engine.begin() as connection:
        assert release_unknown(connection, executor_id=who.executor_id, known=[heard.claim_token]) == 1
    assert (heard.id, unheard.id) == (heard_id, unheard_id)
    statuses = {
        task_id: row.status for task_id in (heard_id, unheard_id, other_id) if (row := task_row(engine, task_id))
    }
    assert statuses == {heard_id: "processing", unheard_id: "pending", other_id: "processing"}
    released = task_row(engine, unheard_id)
    assert released is not None
    assert released.fail_count == 0
    assert attempt_outcomes(engine, unheard_id) == ["released"]


def test_claims_that_are_never_begun_count_in_the_end(engine: Engine) -> None:
    """As when a node cannot start a thread: each claim would be given back for ever."""
    limit = release_limit(ErrorClass.DATABASE_UNAVAILABLE)
    (task_id,) = add_tasks(engine, count=1)
    who = claimant()
    for strikes in [0] * limit + [1, 2, 3]:
        claim_one(engine, by=who)
        with engine.begin() as connection:
            assert release_unknown(connection, executor_id=who.executor_id, known=[]) == 1
            status = "failed" if strikes else "pending"
            assert connection.execute(text("SELECT status, fail_count FROM media_process")).one() == (status, strikes)
    row = task_row(engine, task_id)
    assert row is not None
    assert f"It was given back {limit} times" in row.error
    assert row.error_class == ErrorClass.DATABASE_UNAVAILABLE
    assert attempt_outcomes(engine, task_id) == ["released"] * limit + ["failed"] * 3
    with engine.begin() as connection:
        assert retry(connection, ids=[task_id])
    claim_one(engine, by=who)
    with engine.begin() as connection:
        release_all(connection)
    row = task_row(engine, task_id)
    assert row is not None
    assert (row.status, row.fail_count) == ("pending", 0)


def test_who_is_alone_releases_everything(engine: Engine) -> None:
    add_tasks(engine, count=3)
    claim_one(engine), claim_one(engine)
    with engine.begin() as connection:
        assert release_all(connection) == 2
        assert len(claim_due(connection, claimant=claimant(), limit=10)) == 3
