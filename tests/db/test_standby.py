"""After a failover the URL may lead to a standby: what it does not know yet has not been lost."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from mediaproc.core.errors import Unavailable
from mediaproc.core.task import Report
from mediaproc.db import engine as database
from mediaproc.db.tasks.settle import Standing
from mediaproc.executor.ledger import Ledger
from tests.db.tasks import add_tasks, claim_one, claimant, rendition
from tests.parts.postgres import PostgresServer, running_postgres


def test_a_standby_that_is_behind_takes_no_claim_for_lost() -> None:
    who = claimant()
    with running_postgres() as primary:
        name = primary.create_database()
        with engine_of(primary, name) as engine:
            add_tasks(engine, count=1)
        with (
            standby_from_now_on(primary) as standby,
            engine_of(primary, name) as engine,
            engine_of(standby, name) as lagging,
        ):
            here, there = Ledger(engine, claimant=who), Ledger(lagging, claimant=who)
            task = claim_one(engine, by=who)
            assert here.standing(task) is Standing.HELD
            with pytest.raises(Unavailable, match="standby"):
                there.standing(task)
            assert here.settle_completed(task, rendition=rendition(task), report=Report())
            assert here.standing(task) is Standing.SETTLED
            with pytest.raises(Unavailable, match="standby"):
                there.standing(task)


@contextmanager
def engine_of(server: PostgresServer, name: str) -> Iterator[Engine]:
    engine = database.connect(server.url(name))
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def standby_from_now_on(primary: PostgresServer) -> Iterator[PostgresServer]:
    """A standby of the server as it is now, which hears nothing of what comes after."""
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-tests-"))
    folder.chmod(0o711)
    standby = PostgresServer(folder)
    standby.password = primary.password
    try:
        primary.stop("fast")
        # With its owner, who is another one where root runs this.
        subprocess.run(["/bin/cp", "-a", str(primary.cluster.folder), str(standby.cluster.folder)], check=True)
        (standby.cluster.folder / "standby.signal").touch()
        primary.start()
        standby.start()
        yield standby
    finally:
        if standby.is_running:
            standby.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
