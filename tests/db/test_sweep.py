"""The sweep finds the outputs of claims that did not win."""

from sqlalchemy import Engine, text

from mediaproc.db.tasks.lease import announce_output
from mediaproc.db.tasks.sweep import losers_outputs, mark_swept
from tests.db.attempt_ends import complete, lose
from tests.db.task_rows import add_tasks, claim_one


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
