"""Every step that executors, compensation, people and the database itself may take, in any order."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import func, literal, select

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Rejected, Released, Setback, verdict
from mediaproc.core.position import position
from mediaproc.core.task import Report
from mediaproc.db.executor_locks import lock_key
from mediaproc.db.tasks import claim, claim_standing, expired_leases, lease, operator_acts, settle, take_back_strikes
from mediaproc.db.tasks.lease import Held
from tests.db.expected_rows import history, outcomes, rows
from tests.db.model_state import LEASE
from tests.db.outputs import Outputs
from tests.db.task_rows import rendition

STEAL_AFTER = 30.0
POLICY = task_failure(base=10.0, cap=40.0)
SETBACKS: dict[str, Setback] = {
    "failed": Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="ffmpeg gave up."),
    "rejected": Rejected(error_class=ErrorClass.NO_VIDEO, error="There is no picture in it."),
    "released": Released(error_class=ErrorClass.DRAINED, error="The executor ends.", delay=5.0),
}

_pick = st.integers(0, 99)
_executor = st.integers(0, 1)
_limit = st.integers(1, 2)


class ProtocolMachine(Outputs):
    """Every claim ever made may act at any time, also after it has lost its task."""

    @rule(executor=_executor, limit=_limit)
    def claim(self, *, executor: int, limit: int) -> None:
        claimant = self.executors[executor]
        with self.engine.begin() as connection:
            claimed = claim.claim_due(connection, claimant=claimant, limit=limit)
        own = [task_id for task_id in self.due() if claimant.shard.owns(task_id)]
        self.note_claimed(claimed, expected=own[:limit], by=claimant)

    @precondition(lambda self: self.claims)
    @rule(executor=_executor, pick=_pick, limit=_limit)
    def claim_after(self, *, executor: int, pick: int, limit: int) -> None:
        claimant, after = self.executors[executor], self.picked(pick)
        with self.engine.begin() as connection:
            claimed = claim.claim_due(connection, claimant=claimant, limit=limit, after=after)
        behind = [
            task_id
            for task_id in self.due()
            if claimant.shard.owns(task_id)
            and (position(start=0.0, priority=self.tasks[task_id].priority), task_id) > (after.position, after.id)
        ]
        self.note_claimed(claimed, expected=behind[:limit], by=claimant)

    @rule(executor=_executor, limit=_limit)
    def steal(self, *, executor: int, limit: int) -> None:
        claimant = self.executors[executor]
        with self.engine.begin() as connection:
            claimed = claim.claim_stolen(connection, claimant=claimant, limit=limit, due_for=STEAL_AFTER)
        others = [task_id for task_id in self.due(for_seconds=STEAL_AFTER) if not claimant.shard.owns(task_id)]
        self.note_claimed(claimed, expected=others[:limit], by=claimant)

    @rule(executor=_executor)
    def claim_overdue(self, *, executor: int) -> None:
        claimant = self.executors[executor]
        with self.engine.begin() as connection:
            claimed = claim.claim_overdue(connection, claimant=claimant, due_for=STEAL_AFTER)
        others = [task_id for task_id in self.due(for_seconds=STEAL_AFTER) if not claimant.shard.owns(task_id)]
        self.note_claimed(claimed, expected=others[:1], by=claimant)

    @precondition(lambda self: self.claims)
    @rule(pick=_pick)
    def renew(self, *, pick: int) -> None:
        one = self.picked(pick)
        with self.engine.begin() as connection:
            renewal = lease.renew(
                connection, held=[Held(task_id=one.id, claim_token=one.claim_token, progress=0.5)], lease=LEASE
            )
        held = {one.claim_token} if self.holds(one) else set()
        assert renewal.renewed == held
        assert renewal.lost == {one.claim_token} - held
        if renewal.renewed:
            self.tasks[one.id].lease_ends = self.now + LEASE

    @precondition(lambda self: self.claims)
    @rule(pick=_pick)
    def complete(self, *, pick: int) -> None:
        one = self.picked(pick)
        made = rendition(one)
        if one.claim_token not in self.uploaded and self.announced(one):
            self.put(one)
        with self.engine.begin() as connection:
            won = settle.settle_completed(
                connection, task_id=one.id, claim_token=one.claim_token, rendition=made, report=Report()
            )
        assert won is self.holds(one)
        if won:
            self.winners[one.id] = one.claim_token, made.key
            self.outcomes[one.claim_token] = "completed"
            del self.tasks[one.id]

    @precondition(lambda self: self.claims)
    @rule(pick=_pick, kind=st.sampled_from(sorted(SETBACKS)))
    def set_back(self, *, pick: int, kind: str) -> None:
        one = self.picked(pick)
        decided = verdict(SETBACKS[kind], fail_count=one.fail_count, policy=POLICY, jitter=1.0)
        with self.engine.begin() as connection:
            held = settle.settle_setback(
                connection, task_id=one.id, claim_token=one.claim_token, verdict=decided, report=Report()
            )
        assert held is self.holds(one)
        if held:
            task = self.tasks[one.id]
            task.leave(str(decided.status), due=self.now + decided.delay)
            task.strikes += [one.claim_token] if decided.strike else []
            self.outcomes[one.claim_token] = kind

    @rule()
    def compensate(self) -> None:
        with self.engine.begin() as connection:
            lost = expired_leases.fail_expired_leases(connection, hold_off=LEASE)
        is_settled = self.started < self.now - LEASE
        self.note_lost(
            lost, expected={holder for holder, task in self.held() if task.lease_ends < self.now and is_settled}
        )

    @rule(declared_dead=st.sampled_from([(0,), (1,), (0, 1)]))
    def compensate_dead(self, *, declared_dead: tuple[int, ...]) -> None:
        dead = {self.executors[executor].executor_id for executor in declared_dead}
        with self.engine.begin() as connection:
            lost = expired_leases.fail_claims_of_dead(connection, dead=dead)
        self.note_lost(
            lost, expected={holder for holder, task in self.held() if task.claimed_by in dead - self.listening}
        )

    @rule(executor=_executor)
    def listener_comes_or_goes(self, *, executor: int) -> None:
        executor_id = self.executors[executor].executor_id
        # A socket that closes frees the lock some time later.
        key = lock_key(literal(str(executor_id)))
        does = func.pg_advisory_unlock if executor_id in self.listening else func.pg_advisory_lock
        self.listeners.execute(select(does(key)))
        self.listening ^= {executor_id}

    @rule(away=st.sampled_from([1.0, 61.0]))
    def the_database_restarts(self, *, away: float) -> None:
        self.now += away
        self.started = self.now
        self.set_clock()
        self.listeners.execute(select(func.pg_advisory_unlock_all()))
        self.listening.clear()

    @precondition(lambda self: "lost" in self.outcomes.values())
    @rule(pick=_pick)
    def take_back(self, *, pick: int) -> None:
        lost = [one for one in self.claims if self.outcomes[one.claim_token] in {"lost", "released"}]
        one = lost[pick % len(lost)]
        with self.engine.begin() as connection:
            taken = take_back_strikes.take_back_strike(connection, task_id=one.id, claim_token=one.claim_token)
        assert taken is (self.outcomes[one.claim_token] == "lost")
        if not taken:
            return
        self.outcomes[one.claim_token] = "released"
        task = self.tasks.get(one.id)
        if task is not None and one.claim_token in task.strikes:
            task.strikes.remove(one.claim_token)
            task.status = "pending" if task.status == "failed" else task.status

    @precondition(lambda self: not {"failed", "rejected"}.isdisjoint(self.outcomes.values()))
    @rule(pick=_pick, limit=_limit)
    def take_back_failures(self, *, pick: int, limit: int) -> None:
        """The step of an outlier, for any claims that it believes to have failed."""
        chosen = {one.claim_token: one for one in (self.picked(pick + step) for step in range(limit))}
        failed = [one for one in chosen.values() if self.outcomes[one.claim_token] in {"failed", "rejected"}]
        returned = [one for one in failed if self.may_take_back(one)]
        with self.engine.begin() as connection:
            changed = take_back_strikes.take_back_failures(connection, claim_tokens=chosen)
        assert changed == len({one.id for one in returned})
        for one in returned:
            self.note_taken_back(one)

    @precondition(lambda self: self.tasks)
    @rule(pick=_pick)
    def retry(self, *, pick: int) -> None:
        task_id = sorted(self.tasks)[pick % len(self.tasks)]
        with self.engine.begin() as connection:
            retried = bool(operator_acts.retry(connection, ids=[task_id]))
        task = self.tasks[task_id]
        assert retried is (task.status != "processing")
        if retried:
            task.strikes.clear()
            task.retried_after = task.attempts
            task.leave("pending", due=self.now)

    @precondition(lambda self: self.tasks)
    @rule(pick=_pick, sure=st.integers(0, 3))
    def cancel(self, *, pick: int, sure: int) -> None:
        if sure != 0:
            return
        task_id = sorted(self.tasks)[pick % len(self.tasks)]
        with self.engine.begin() as connection:
            assert operator_acts.cancel(connection, ids=[task_id])
        holder = self.tasks.pop(task_id).holder
        self.winners[task_id] = holder, None
        if holder is not None:
            self.outcomes[holder] = "cancelled"

    @precondition(lambda self: self.claims)
    @rule(pick=_pick)
    def look_up(self, *, pick: int) -> None:
        one = self.picked(pick)
        with self.engine.begin() as connection:
            standing = claim_standing.standing(connection, task_id=one.id, claim_token=one.claim_token)
        match self.outcomes[one.claim_token]:
            case None:
                assert standing is claim_standing.Standing.HELD
            case "lost" | "cancelled":
                assert standing is claim_standing.Standing.LOST
            case _:
                assert standing is claim_standing.Standing.SETTLED

    @rule(seconds=st.sampled_from([1.0, 11.0, 31.0, 61.0]))
    def time_passes(self, *, seconds: float) -> None:
        self.now += seconds
        self.set_clock()

    @precondition(lambda self: self.claims)
    @rule()
    def hand_over(self) -> None:
        """Makes zombies: every lease runs out, and the tasks are claimed again."""
        self.time_passes(seconds=61.0)
        self.compensate()
        self.claim(executor=0, limit=2)
        self.claim(executor=1, limit=2)

    @precondition(lambda self: self.claims)
    @rule()
    def outlast_every_lease(self) -> None:
        """The case for the hold-off: the database comes back, and compensation runs before any executor can renew."""
        self.the_database_restarts(away=61.0)
        self.compensate()

    @invariant()
    def the_tables_say_what_happened(self) -> None:
        with self.engine.begin() as connection:
            assert rows(connection) == {
                task_id: (task.status, len(task.strikes), task.holder, task.attempts)
                for task_id, task in self.tasks.items()
            }
            # Every task ends once, by the claim that won it, and its output is what that claim uploaded.
            assert history(connection) == self.winners
            assert outcomes(connection) == self.outcomes
