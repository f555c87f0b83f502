"""A standby that is behind has not lost what it does not know yet, and one that is away keeps no claim waiting."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from mediaproc import clock, log
from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import Unavailable
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Outcome, Report
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.durability import set_for_session, set_for_transaction
from mediaproc.db.tasks.claim_standing import Standing, standing
from mediaproc.db.tasks.settle import settle_completed
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.claiming import Claimer
from mediaproc.executor.heartbeat import Heartbeat
from mediaproc.executor.outcome_writer import OutcomeWriter
from mediaproc.executor.registration import give_sign_of_life
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.executor.task_exclusions import TaskExclusions
from mediaproc.scratch import Scratch
from mediaproc.store.directory import DirectoryStore
from tests.db.sample_rows import executor
from tests.db.task_rows import add_tasks, claim_one, claimant, rendition
from tests.parts.postgres import PostgresServer, running_postgres
from tests.parts.server_folder import server_folder
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
            here, there = Database(engine), Database(lagging)
            task = claim_one(engine, by=who)
            assert standing_of(task, here) is Standing.HELD
            with pytest.raises(Unavailable, match="standby"):
                standing_of(task, there)
            with here.write() as connection:
                assert settle_completed(
                    connection,
                    task_id=task.id,
                    claim_token=task.claim_token,
                    rendition=rendition(task),
                    report=Report(),
                )
            assert standing_of(task, here) is Standing.SETTLED
            with pytest.raises(Unavailable, match="standby"):
                standing_of(task, there)


@dataclass(frozen=True)
class ExecutorParts:
    """The parts of an executor that write into the task table: of shard 0/2, which steals what is due for an hour."""

    claimer: Claimer
    heartbeat: Heartbeat
    outcome_writer: OutcomeWriter
    running: list[RunningAttempt]
    database: Database

    def claim(self) -> ClaimedTask:
        """One task, which runs from now on with a lease that is nearly over."""
        answer = self.claimer.claim(limit=1)
        assert answer is not None
        (task,) = answer[0]
        one = RunningAttempt(task, lease_trusted_until=clock.elapsed() + 1, database=self.database, log=log.get())
        self.running.append(one)
        return task


@contextmanager
def executor_parts(engine: Engine, *, folder: Path) -> Iterator[ExecutorParts]:
    with engine.begin() as connection:
        who = replace(executor(connection), shard=Shard(0, 2), lease=60.0)
    running, product, scratch = list[RunningAttempt](), Database(engine), Scratch(folder, executor_id=who.executor_id)
    store = DirectoryStore(folder)
    claimer = Claimer(
        product,
        claimant=lambda: who,
        backpressure=Backpressure(store=store, scratch=scratch, log=log.get()),
        steal_after=3600,
        only=None,
        known=list,
        left_out=TaskExclusions(steal_after=3600),
        log=log.get(),
    )
    sign_of_life = partial(
        give_sign_of_life, product, executor_id=who.executor_id, busy=3, state="running", paused_for=None
    )
    heartbeat = Heartbeat(
        product, lease=who.lease, interval=15, running=lambda: running, sign_of_life=sign_of_life, log=log.get()
    )
    writer = OutcomeWriter(database=product, store=store, policy=task_failure(base=1, cap=1), give_up=threading.Event())
    yield ExecutorParts(claimer=claimer, heartbeat=heartbeat, outcome_writer=writer, running=running, database=product)
    scratch.close()


def test_claims_and_renewals_wait_for_no_standby_and_settles_do(own_postgres: PostgresServer, tmp_path: Path) -> None:
    name = own_postgres.create_database()
    with (
        engine_of(own_postgres, name) as engine,
        executor_parts(engine, folder=tmp_path) as parts,
        ThreadPoolExecutor(1) as threads,
    ):
        add_tasks(engine, count=4)
        with engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET next_attempt_at = now() - interval '2 hours'"))
        with without_its_standby(own_postgres):

            def ends_by_itself(write: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it answers
                running = threads.submit(write)
                until(lambda: running.done() or waiting_for_a_standby(own_postgres, name))
                assert running.done()
                return running.result()

            parts.claimer.begin_at_the_front()
            overdue, own, after = (ends_by_itself(parts.claim) for _ in range(3))
            assert [task.id % 2 for task in (overdue, own, after)] == [1, 0, 0]
            ends_by_itself(parts.heartbeat.beat)
            assert [one.reason_to_stop(clock.elapsed() + 10) for one in parts.running] == [None] * 3
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT busy FROM media_executor")) == 3
            # What a failover must not forget waits.
            outcome = Outcome(ending=rendition(own), report=Report())
            settled = threads.submit(parts.outcome_writer.settle, parts.running[1], outcome=outcome)
            until(lambda: waiting_for_a_standby(own_postgres, name))
            assert not settled.done()
        assert settled.result() == outcome.ending


def standing_of(task: ClaimedTask, database: Database) -> Standing:
    with database.read() as connection:
        return standing(connection, task_id=task.id, claim_token=task.claim_token)


def test_a_site_that_waits_for_less_is_left_so(engine: Engine) -> None:
    for asked, done in {"on": "local", "remote_apply": "local", "local": "local", "off": "off"}.items():
        with engine.begin() as connection:
            connection.execute(text("SELECT set_config('synchronous_commit', :asked, true)"), {"asked": asked})
            set_for_transaction(connection, waits_for_standby=False)
            assert connection.scalar(text("SHOW synchronous_commit")) == done
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SELECT set_config('synchronous_commit', :asked, false)"), {"asked": asked})
            set_for_session(connection, waits_for_standby=False)
            assert connection.scalar(text("SHOW synchronous_commit")) == done
            set_for_session(connection, waits_for_standby=True)


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
    with server_folder() as folder:
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
