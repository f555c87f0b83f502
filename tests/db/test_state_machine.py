"""Any order of claims, renewals, verdicts, losses and interventions, on a database whose clock the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, Engine, delete, text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import FAIL_LIMIT, BackoffPolicy, Failed, Rejected, Released, Setback, verdict
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.schema import media_process
from mediaproc.db.tasks import claim, compensate, lease, operate, settle
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.lease import Held
from tests.db.tasks import add_tasks, rendition

LEASE = 60.0
STEAL_AFTER = 30.0
POLICY = BackoffPolicy(base=10.0, cap=40.0)
SETBACKS: dict[str, Setback] = {
    "failed": Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="ffmpeg gave up."),
    "rejected": Rejected(error_class=ErrorClass.NO_VIDEO, error="There is no picture in it."),
    "released": Released(error_class=ErrorClass.DRAINED, error="The executor ends.", delay=5.0),
}

# `now()` of this schema stands before that of pg_catalog: the product's statements see it, and nothing else is changed.
CLOCK = """
CREATE SCHEMA moved;
CREATE TABLE moved.clock (seconds double precision NOT NULL);
INSERT INTO moved.clock VALUES (0);
CREATE FUNCTION moved.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT timestamptz ''2030-01-01 00:00:00+00'' + make_interval(secs => seconds) FROM moved.clock';
CREATE FUNCTION moved.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT timestamptz ''2029-01-01 00:00:00+00''';
"""


@dataclass
class Expected:
    """What the row must say; `strikes` are the claims whose strike counts."""

    status: str = "pending"
    strikes: list[UUID] = field(default_factory=list)
    holder: UUID | None = None
    lease_ends: float = 0.0
    due: float = 0.0
    attempts: int = 0

    def is_due(self, now: float) -> bool:
        claimable = self.status == "pending" or (self.status == "failed" and len(self.strikes) < FAIL_LIMIT)
        return claimable and self.due <= now

    def leave(self, status: str, *, due: float) -> None:
        self.status, self.holder, self.due = status, None, due


class Protocol(RuleBasedStateMachine):
    """Two executors of two shards and two tasks, one of each shard; every claim ever made may act at any time."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        with self.engine.begin() as connection:
            connection.execute(
                text("TRUNCATE media_process, media_process_history, media_process_attempt, media_files CASCADE")
            )
            connection.execute(text("UPDATE moved.clock SET seconds = 0"))
        self.executors = [Claimant(executor_id=uuid4(), shard=Shard(index, 2), lease=LEASE) for index in range(2)]
        ids = add_tasks(self.engine, count=2)
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET next_attempt_at = moved.now()"))
        self.tasks = {task_id: Expected() for task_id in ids}
        self.claims: list[ClaimedTask] = []
        self.outcomes: dict[UUID, str | None] = {}
        self.winners: dict[int, UUID | None] = {}

    @rule(executor=st.integers(0, 1), steal=st.booleans())
    def claim(self, *, executor: int, steal: bool) -> None:
        claimant = self.executors[executor]
        with self.engine.begin() as connection:
            if steal:
                claimed = claim.claim_stolen(connection, claimant=claimant, limit=2, due_for=STEAL_AFTER)
            else:
                claimed = claim.claim_due(connection, claimant=claimant, limit=2)
        latest = self.now - (STEAL_AFTER if steal else 0)
        expected = {
            task_id
            for task_id, task in self.tasks.items()
            if task.is_due(latest) and claimant.shard.owns(task_id) is not steal
        }
        assert {task.id for task in claimed} == expected
        for task in claimed:
            assert task.claim_token not in self.outcomes
            row = self.tasks[task.id]
            row.status, row.holder, row.lease_ends = "processing", task.claim_token, self.now + LEASE
            row.attempts += 1
            self.claims.append(task)
            self.outcomes[task.claim_token] = None

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 99))
    def renew(self, *, pick: int) -> None:
        one = self._pick(pick)
        with self.engine.begin() as connection:
            kept = lease.renew(
                connection, held=[Held(task_id=one.id, claim_token=one.claim_token, progress=0.5)], lease=LEASE
            )
        assert bool(kept) is self._holds(one)
        if kept:
            self.tasks[one.id].lease_ends = self.now + LEASE

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 99))
    def complete(self, *, pick: int) -> None:
        one = self._pick(pick)
        with self.engine.begin() as connection:
            won = settle.settle_completed(
                connection, task_id=one.id, claim_token=one.claim_token, rendition=rendition(one), report=Report()
            )
        assert won is self._holds(one)
        if won:
            self.winners[one.id] = one.claim_token
            self.outcomes[one.claim_token] = "completed"
            del self.tasks[one.id]

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 99), kind=st.sampled_from(sorted(SETBACKS)))
    def set_back(self, *, pick: int, kind: str) -> None:
        one = self._pick(pick)
        decided = verdict(SETBACKS[kind], fail_count=one.fail_count, policy=POLICY, jitter=1.0)
        with self.engine.begin() as connection:
            held = settle.settle_setback(
                connection, task_id=one.id, claim_token=one.claim_token, verdict=decided, report=Report()
            )
        assert held is self._holds(one)
        if held:
            task = self.tasks[one.id]
            task.leave(str(decided.status), due=self.now + decided.delay)
            task.strikes += [one.claim_token] if decided.strike else []
            self.outcomes[one.claim_token] = kind

    @rule()
    def compensate(self) -> None:
        with self.engine.begin() as connection:
            lost = compensate.compensate(connection, hold_off=LEASE)
        expected = {
            task.holder for task in self.tasks.values() if task.status == "processing" and task.lease_ends < self.now
        }
        assert {one.claim_token for one in lost} == expected
        for one in lost:
            task = self.tasks[one.task_id]
            task.strikes.append(one.claim_token)
            task.leave("failed", due=self.now)
            self.outcomes[one.claim_token] = "lost"

    @precondition(lambda self: "lost" in self.outcomes.values())
    @rule(pick=st.integers(0, 99))
    def take_back(self, *, pick: int) -> None:
        lost = [one for one in self.claims if self.outcomes[one.claim_token] in {"lost", "released"}]
        one = lost[pick % len(lost)]
        with self.engine.begin() as connection:
            taken = settle.take_back_strike(connection, task_id=one.id, claim_token=one.claim_token)
        assert taken is (self.outcomes[one.claim_token] == "lost")
        if not taken:
            return
        self.outcomes[one.claim_token] = "released"
        task = self.tasks.get(one.id)
        if task is not None and one.claim_token in task.strikes:
            task.strikes.remove(one.claim_token)
            task.status = "pending" if task.status == "failed" else task.status

    @precondition(lambda self: self.tasks)
    @rule(pick=st.integers(0, 99))
    def retry(self, *, pick: int) -> None:
        task_id = sorted(self.tasks)[pick % len(self.tasks)]
        with self.engine.begin() as connection:
            retried = operate.retry(connection, task_id=task_id)
        task = self.tasks[task_id]
        assert retried is (task.status != "processing")
        if retried:
            task.strikes.clear()
            task.leave("pending", due=self.now)

    @precondition(lambda self: self.tasks)
    @rule(pick=st.integers(0, 99), sure=st.integers(0, 3))
    def cancel(self, *, pick: int, sure: int) -> None:
        if sure != 0:
            return
        task_id = sorted(self.tasks)[pick % len(self.tasks)]
        with self.engine.begin() as connection:
            assert operate.cancel(connection, task_id=task_id)
        holder = self.tasks.pop(task_id).holder
        self.winners[task_id] = holder
        if holder is not None:
            self.outcomes[holder] = "cancelled"

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 99))
    def look_up(self, *, pick: int) -> None:
        one = self._pick(pick)
        with self.engine.begin() as connection:
            standing = settle.standing(connection, task_id=one.id, claim_token=one.claim_token)
        match self.outcomes[one.claim_token]:
            case None:
                assert standing is settle.Standing.HELD
            case "lost" | "cancelled":
                assert standing is settle.Standing.LOST
            case _:
                assert standing is settle.Standing.SETTLED

    @rule(seconds=st.sampled_from([1.0, 11.0, 31.0, 61.0]))
    def time_passes(self, *, seconds: float) -> None:
        self.now += seconds
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE moved.clock SET seconds = :now"), {"now": self.now})

    @precondition(lambda self: self.claims)
    @rule()
    def hand_over(self) -> None:
        """What makes zombies: every lease runs out, and the tasks are claimed again."""
        self.time_passes(seconds=61.0)
        self.compensate()
        self.claim(executor=0, steal=False)
        self.claim(executor=1, steal=False)

    @invariant()
    def the_tables_say_what_happened(self) -> None:
        with self.engine.begin() as connection:
            assert _rows(connection) == {
                task_id: (task.status, len(task.strikes), task.holder, task.attempts)
                for task_id, task in self.tasks.items()
            }
            # Every task ends once, and by the claim that won it.
            assert _history(connection) == self.winners
            assert _outcomes(connection) == self.outcomes

    def _pick(self, pick: int) -> ClaimedTask:
        return self.claims[pick % len(self.claims)]

    def _holds(self, one: ClaimedTask) -> bool:
        return one.id in self.tasks and self.tasks[one.id].holder == one.claim_token


def _rows(connection: Connection) -> dict[Any, Any]:
    rows = connection.execute(text("SELECT id, status, fail_count, claim_token, attempt FROM media_process"))
    return {row.id: (row.status, row.fail_count, row.claim_token, row.attempt) for row in rows}


def _history(connection: Connection) -> dict[Any, Any]:
    rows = connection.execute(text("SELECT id, claim_token FROM media_process_history"))
    return {row.id: row.claim_token for row in rows}


def _outcomes(connection: Connection) -> dict[Any, Any]:
    rows = connection.execute(text("SELECT claim_token, outcome FROM media_process_attempt"))
    return {row.claim_token: row.outcome for row in rows}


@contextmanager
def _moved_clock(engine: Engine) -> Iterator[type[Protocol]]:
    with engine.begin() as connection:
        connection.execute(text(CLOCK))
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" SET search_path = moved, pg_catalog, public'))
    # The setting is for new connections.
    engine.dispose()
    yield type("ProtocolOnThisDatabase", (Protocol,), {"engine": engine})


def _run(machine: type[Protocol], *, examples: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_order_of_events_breaks_an_invariant(engine: Engine) -> None:
    with _moved_clock(engine) as machine:
        _run(machine, examples=25)


def test_a_strike_taken_back_after_a_retry_is_its_own(engine: Engine) -> None:
    """The order that chance seldom finds: lost, retried by a person, failed anew, and only then taken back."""
    with _moved_clock(engine) as machine:
        steps = machine()
        steps.claim(executor=0, steal=False)
        steps.time_passes(seconds=61.0)
        steps.compensate()
        steps.retry(pick=0)
        steps.claim(executor=0, steal=False)
        steps.set_back(pick=1, kind="failed")
        steps.take_back(pick=0)
        steps.the_tables_say_what_happened()


def _without_token(*, task_id: int, claim_token: UUID) -> Any:  # noqa: ANN401, ARG001 - as what it stands for
    unfenced = delete(media_process).where(media_process.c.id == task_id, media_process.c.status == "processing")
    return unfenced.returning(*media_process.c).cte("settled_task")


def test_without_the_token_predicate_an_invariant_breaks(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it must be the token that holds them."""
    monkeypatch.setattr(settle, "_removed", _without_token)
    with _moved_clock(engine) as machine, pytest.raises(AssertionError):
        _run(machine, examples=200, phases=(Phase.generate,))
