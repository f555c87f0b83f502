"""`mediaproc compensate` makes one pass, and says what it did and what it left undone."""

import pytest
from sqlalchemy import Engine, text

from tests.cli.conftest import Command
from tests.db.task_rows import add_tasks, claim_one


@pytest.fixture
def overdue(engine: Engine) -> None:
    add_tasks(engine, count=1)
    claim_one(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 h'"))


@pytest.mark.usefixtures("overdue")
def test_what_lost_its_lease_is_given_back(site: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAPROC_HEARTBEAT", "0.001")
    ran = site("compensate", "--lease", "0.003")
    assert (ran.code, ran.out) == (0, "1 task lost and given back, 0 objects removed.\n")


@pytest.mark.usefixtures("overdue")
def test_after_the_databases_start_it_says_that_it_judged_nobody(site: Command) -> None:
    ran = site("compensate", "--lease", "86400")
    assert ran.code == 0
    assert ran.out == (
        "No lease was judged, since the database was started less than a lease ago: run it again in 1 d."
        " 0 objects removed.\n"
    )
