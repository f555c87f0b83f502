"""A standby that is behind has not lost what it does not know yet, and one that is away keeps no claim waiting."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.errors import Unavailable
from mediaproc.core.task import Report
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.durability import wait_for_no_standby
from mediaproc.db.tasks.lease import Held
from mediaproc.db.tasks.settle import Standing
from mediaproc.executor.task_table import TaskTable
from tests.db.sample_rows import executor
from tests.db.task_rows import add_tasks, claim_one, claimant, rendition
from tests.parts.postgres import PostgresServer, running_postgres
from tests.parts.standby import waiting_for_a_standby, without_its_standby
from tests.parts.waiting import until


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
            here, there = TaskTable(Database(engine), claimant=who), TaskTable(Database(lagging), claimant=who)
            task = claim_one(engine, by=who)
            assert here.standing(task) is Standing.HELD
            with pytest.raises(Unavailable, match="standby"):
                there.standing(task)
            assert here.settle_completed(task, rendition=rendition(task), report=Report())
            assert here.standing(task) is Standing.SETTLED
            with pytest.raises(Unavailable, match="standby"):
                there.standing(task)


def test_claims_and_renewals_wait_for_no_standby_and_settles_do(own_postgres: PostgresServer) -> None:
    name = own_postgres.create_database()
    with engine_of(own_postgres, name) as engine, ThreadPoolExecutor(1) as threads:
        add_tasks(engine, count=4)
        with engine.begin() as connection:
            task_table = TaskTable(Database(engine), claimant=executor(connection))
        with without_its_standby(own_postgres):

            def ends_by_itself(write: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it answers
                running = threads.submit(write)
                until(lambda: running.done() or waiting_for_a_standby(own_postgres, name))
                assert running.done()
                return running.result()

            (task,) = ends_by_itself(lambda: task_table.claim(limit=1, steal_after=0, only=None))
            (after,) = ends_by_itself(lambda: task_table.claim_after(task, limit=1, only=None))
            (overdue,) = ends_by_itself(lambda: task_table.claim_overdue(due_for=0))
            held = [
                Held(task_id=each.id, claim_token=each.claim_token, progress=0.5) for each in (task, after, overdue)
            ]
            assert len(ends_by_itself(lambda: task_table.renew(held)).renewed) == 3
            ends_by_itself(lambda: task_table.beat(busy=3, state="running", paused_for=None))
            # What a failover must not forget waits.
            settled = threads.submit(task_table.settle_completed, task, rendition=rendition(task), report=Report())
            until(lambda: waiting_for_a_standby(own_postgres, name))
            assert not settled.done()
        assert settled.result()


def test_a_site_that_waits_for_less_is_left_so(engine: Engine) -> None:
    for asked, done in {"on": "local", "remote_apply": "local", "local": "local", "off": "off"}.items():
        with engine.begin() as connection:
            connection.execute(text("SELECT set_config('synchronous_commit', :asked, true)"), {"asked": asked})
            wait_for_no_standby(connection)
            assert connection.scalar(text("SHOW synchronous_commit")) == done


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
