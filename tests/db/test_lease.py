"""The heartbeat renews the leases of the claims that still stand, and of no other."""

from sqlalchemy import Engine, text

from mediaproc.db.tasks.expired_leases import fail_expired_leases
from mediaproc.db.tasks.lease import Held, renew
from tests.db.attempt_ends import complete
from tests.db.task_rows import add_tasks, claim_one, task_row


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
