"""A pass tells why it holds off, compensates again afterwards, and sweeps on when one object cannot be deleted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.compensation import Compensation, Pass, Passes
from mediaproc.core.hold_off import HoldOff
from mediaproc.core.task import ClaimedTask
from mediaproc.db.database import Database
from mediaproc.db.reachability import Reachability
from mediaproc.db.tasks.lease import announce_output
from tests.db.task_rows import add_tasks, claim_one
from tests.parts.proxy import proxied
from tests.parts.site import Site

# The tests' server was started less than the first time ago, and longer than the second time ago.
LONG, SHORT = 86_400.0, 0.001


def _compensation(database: Database, *, site: Site) -> Compensation:
    return Compensation(
        database=database,
        store=site.store,
        lease=SHORT,
        reachability=Reachability(database),
        sweep_uploads=lambda: 0,
        uploads_given_up_after=LONG,
        log=log.get(),
    )


@pytest.fixture
def compensation(database_url: str, directory_site: Site) -> Iterator[Compensation]:
    database = Database.at(database_url)
    yield _compensation(database, site=directory_site)
    database.close()


@pytest.fixture
def overdue(engine: Engine) -> ClaimedTask:
    add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 h'"))
    return task


def test_a_pass_with_nothing_to_do_is_one_statement(database_url: str, directory_site: Site) -> None:
    with proxied(database_url) as (proxy, behind):
        database = Database.at(behind)
        idle = _compensation(database, site=directory_site)
        idle.run()
        sent = proxy.watch("")
        assert idle.run() == Pass()
        database.close()
    assert sent.count == 1


def test_a_pass_after_the_databases_start_says_that_it_judged_nobody(
    compensation: Compensation, overdue: ClaimedTask
) -> None:
    done = replace(compensation, lease=LONG).run()
    assert (done.lost, done.held_off) == ((), HoldOff.STARTED)
    done = compensation.run()
    assert ([claim.claim_token for claim in done.lost], done.held_off) == ([overdue.claim_token], None)


def test_a_pass_after_an_outage_says_that_it_judged_nobody(compensation: Compensation, overdue: ClaimedTask) -> None:
    compensation.reachability.note_loss()
    done = replace(compensation, lease=LONG).run()
    assert (done.lost, done.held_off) == ((), HoldOff.OUT_OF_REACH)
    assert [claim.claim_token for claim in compensation.run().lost] == [overdue.claim_token]


def test_passes_that_hold_off_say_so_once_when_it_begins(compensation: Compensation) -> None:
    holding_off, judging = replace(compensation, lease=LONG), compensation
    with capture_logs() as lines:
        passes = Passes(holding_off, log=log.get())
        passes.run()
        passes.run()
        assert [line["reason"] for line in lines] == [HoldOff.STARTED]
        passes = Passes(judging, log=log.get())
        passes.run()
    assert len(lines) == 1


@pytest.mark.parametrize(("share", "is_left"), [(0.0, True), (1.0, False)])
def test_in_a_large_fleet_an_executor_leaves_passes_to_others(
    compensation: Compensation, overdue: ClaimedTask, *, share: float, is_left: bool
) -> None:
    Passes(compensation, share=lambda: share, log=log.get()).run()
    assert [claim.claim_token for claim in compensation.run().lost] == ([overdue.claim_token] if is_left else [])


def test_an_object_that_cannot_be_deleted_keeps_no_other_one(compensation: Compensation, engine: Engine) -> None:
    stubborn, *others = leave_outputs(engine, bucket=compensation.store.bucket)
    with capture_logs() as lines:
        assert compensation.run().swept == len(others)
        # The object is tried again later, not at every pass.
        assert compensation.run().swept == 0
    assert [line["task"] for line in lines if line["event"] == "swept"] == others
    ((task, reason),) = [(line["task"], line["reason"]) for line in lines if line["event"] == "sweep_left_one"]
    assert (task, "a/0.mp4" in reason) == (stubborn, True)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE media_process_attempt SET sweep_after = now() WHERE sweep_after < now() + '2 h'")
        )
    (Path(compensation.store.bucket) / "a/0.mp4/within").unlink()
    (Path(compensation.store.bucket) / "a/0.mp4").rmdir()
    assert compensation.run().swept == 1


def test_a_store_that_is_away_postpones_nothing(compensation: Compensation, engine: Engine) -> None:
    tasks = leave_outputs(engine, bucket=compensation.store.bucket)
    (root := Path(compensation.store.bucket)).rename(root.with_name("unmounted"))
    with capture_logs() as lines:
        assert compensation.run().swept == 0
    assert [line["event"] for line in lines] == ["sweep_waits"]
    root.with_name("unmounted").rename(root)
    assert compensation.run().swept == len(tasks) - 1


def leave_outputs(engine: Engine, *, bucket: str) -> list[int]:
    """Attempts that failed, each with its object to sweep; the first one is of a kind that no store could delete."""
    tasks = add_tasks(engine, count=3)
    for number in range(len(tasks)):
        task = claim_one(engine)
        with engine.begin() as connection:
            assert announce_output(
                connection, task_id=task.id, claim_token=task.claim_token, bucket=bucket, key=f"a/{number}.mp4"
            )
            connection.execute(text("UPDATE media_process_attempt SET outcome = 'lost', finished_at = now()"))
    # Not even root removes a folder with something in it as if it were a file.
    (Path(bucket) / "a/0.mp4").mkdir(parents=True)
    (Path(bucket) / "a/0.mp4/within").touch()
    return tasks
