"""A pass tells why it judged nobody, and judges again when there is no reason left."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.compensation import Compensation, HoldOff, Passes
from mediaproc.core.task import ClaimedTask
from mediaproc.db import engine as database
from mediaproc.db.reachability import Reachability
from tests.db.tasks import add_tasks, claim_one
from tests.parts.site import Site

# The server of the tests was started within the first one, and not within the second.
LONG, SHORT = 86_400.0, 0.001


@pytest.fixture
def compensation(database_url: str, directory_site: Site) -> Iterator[Compensation]:
    engine = database.connect(database_url)
    yield Compensation(
        engine=engine,
        store=directory_site.store,
        lease=SHORT,
        reachability=Reachability(engine),
        sweep_uploads=lambda: 0,
        log=log.get(),
    )
    engine.dispose()


@pytest.fixture
def overdue(engine: Engine) -> ClaimedTask:
    add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 h'"))
    return task


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
