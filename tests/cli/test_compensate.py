"""`mediaproc compensate` makes one pass, and says what it did and what it left undone."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from mediaproc.db import resumable_uploads
from mediaproc.store.directory import DirectoryStore
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


def test_an_upload_over_http_that_nobody_goes_on_with_is_removed(
    site: Command, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEDIAPROC_HEARTBEAT", "0.001")
    monkeypatch.setenv("MEDIAPROC_STORE_URL", tmp_path.as_uri())
    DirectoryStore(tmp_path).prepare()
    past_and_coming = "UPDATE media_resumable_upload SET expires_at = now() + make_interval(hours => :hours)"
    with engine.begin() as connection:
        for number, hours in enumerate((-1, 1)):
            resumable_uploads.create(
                connection, upload_id=f"{number:032}", bucket=str(tmp_path), size=5, metadata={}, tenant="", actor="me"
            )
            connection.execute(
                text(f"{past_and_coming} WHERE id = :id"),
                {"hours": hours, "id": f"{number:032}"},
            )
    assert "1 object removed" in site("compensate", "--lease", "0.003").out
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT id FROM media_resumable_upload")).all() == [f"{1:032}"]
