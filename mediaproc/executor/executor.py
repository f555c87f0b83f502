"""The executor of one node: its parts, what wakes it, and its drain."""

import threading
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.attempt_context import AttemptContext
from mediaproc.core.circuit_breaker import BreakerState
from mediaproc.core.claim_limit import most_attempts
from mediaproc.core.pause import Pause
from mediaproc.core.shard import Shard
from mediaproc.db.automatic_shards import count_shard
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import Claimant
from mediaproc.executor.attempt_registry import AttemptRegistry
from mediaproc.executor.attempt_runner import make_attempt_runner
from mediaproc.executor.attempt_threads import AttemptThreads
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.claiming import Claimer
from mediaproc.executor.current_shard import CurrentShard
from mediaproc.executor.drain import end_attempts
from mediaproc.executor.executor_config import ExecutorConfig, reach_of
from mediaproc.executor.giving_back import GivingBack
from mediaproc.executor.keep_alive import KeepAlive
from mediaproc.executor.overlap_warnings import OverlapWarnings
from mediaproc.executor.pausing import Pausing
from mediaproc.executor.registration import register
from mediaproc.executor.release_policy import ReleasePolicy
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.executor.shard_indexing import ShardIndexing
from mediaproc.executor.slot_filling import SlotFiller
from mediaproc.executor.task_exclusions import TaskExclusions
from mediaproc.metrics.attempt_tally import AttemptTally


class Executor:
    """The schedule calls `tick`, a notification `wake`; both fill the free slots."""

    def __init__(
        self, database: Database, *, context: AttemptContext, config: ExecutorConfig, log: FilteringBoundLogger
    ) -> None:
        self._database = database
        self._context = context
        self._config = config
        self._log = log
        self._reach = reach_of(context)
        self._attempts = AttemptRegistry()
        self._backpressure = Backpressure(store=context.store, scratch=context.scratch, log=self._log)
        self._give_up = threading.Event()
        self._exclusions = TaskExclusions(steal_after=config.steal_after)
        self._attempt_runner = make_attempt_runner(
            database,
            context=context,
            config=config,
            attempts=self._attempts,
            backpressure=self._backpressure,
            releases=ReleasePolicy(
                backpressure=self._backpressure, exclusions=self._exclusions, is_alone=self._is_alone
            ),
            give_up=self._give_up,
            log=log,
        )
        self.shard = CurrentShard(config.shard, count=self._count_shard, on_change=self._shard_changed, log=self._log)
        self._giving_back = GivingBack(
            slots=config.slots,
            database=database,
            claimant=self._claimant,
            attempts=self._attempts,
            exclusions=self._exclusions,
            steal_after=config.steal_after,
            log=log,
        )
        self._filler = self._make_filler()
        self._keep_alive = KeepAlive(
            database,
            config=config,
            attempts=self._attempts,
            filler=self._filler,
            shard=self.shard,
            state=lambda: self.state,
            paused_for=lambda: self.paused_for,
            log=self._log,
        )
        self._pausing = Pausing(
            executor_id=config.executor_id,
            profiles=config.only_profiles or self._reach.profiles,
            only=config.only or (),
            # So that its row says it at once.
            on_change=self._keep_alive.hurry,
            log=self._log,
        )
        self._overlaps = OverlapWarnings(
            database=database, executor_id=config.executor_id, shard=self.shard, lease=config.lease, log=log
        )
        self._shard_indexing = ShardIndexing(database, shard=config.shard, log=self._log)

    def _make_filler(self) -> SlotFiller:
        config = self._config
        claimer = Claimer(
            self._database,
            claimant=self._claimant,
            backpressure=self._backpressure,
            # An executor that works until its own fixed shard is done takes no work of others.
            steal_after=0 if config.until_idle and not config.shard.is_auto else config.steal_after,
            only=config.only,
            known=self._attempts.tokens,
            left_out=self._exclusions,
            log=self._log,
        )
        return SlotFiller(
            config=config,
            context=self._context,
            database=self._database,
            reach=self._reach,
            claimer=claimer,
            attempts=self._attempts,
            attempt_runner=self._attempt_runner,
            backpressure=self._backpressure,
            threads=AttemptThreads(most_attempts(config.slots)),
            giving_back=self._giving_back,
            log=self._log,
        )

    def start(self) -> None:
        """Register, and begin to watch over attempts; claims nothing before the first tick.

        Raises:
            Unavailable, PartMissing: the database is away, refuses, or has tables of another version.
        """
        shard = register(
            self._database,
            reach=self._reach,
            store=self._context.store,
            config=self._config,
            confinement=self._context.runner.describe(),
            log=self._log,
        )
        self.shard.begin(shard)
        self._keep_alive.start()
        self._filler.refilling.start()
        self._attempt_runner.notes.start()
        if self._config.only is None:
            self._shard_indexing.start()

    def tick(self) -> None:
        """One firing of the schedule: claim as much as is allowed."""
        self._attempt_runner.outliers.compare()
        self.shard.tick()
        if self._config.only is None:
            self._overlaps.tick()
        self._filler.fill()

    def wake(self) -> bool:
        """A task of this shard has just become due: claim for free slots; returns whether anything was claimed.

        An executor whose slots are taken leaves it to one that could begin it now, until the next tick.
        """
        return self._filler.fill_or_log(ahead=False)

    def lock_lost(self) -> None:
        """Show at once by a heartbeat that this executor lives: without its lock others may take it for dead."""
        now = clock.elapsed()
        for one in self.running():
            one.listener_lost(now)
        self._keep_alive.hurry()

    def claims_ended(self, claim_tokens: Collection[UUID]) -> None:
        """A person has ended or watches these claims: where one is held here, the heartbeat asks at once.

        Whoever may notify could name any token: the database decides whether the attempt is stopped.
        """
        if set(claim_tokens) & set(self._attempts.tokens()):
            self._keep_alive.hurry()

    def give_back(self, task_ids: Collection[int]) -> None:
        """An idle executor could begin these tasks now: those of them that wait here are released."""
        self._giving_back.give(task_ids)

    @property
    def paused_for(self) -> str | None:
        """The sentence that says why nothing is claimed; None when nothing is in the way."""
        return self._pausing.paused_for or self._backpressure.paused_for

    def follow_pauses(self, pauses: Collection[Pause]) -> bool:
        """These pauses are in force now; returns whether one was lifted, so that something may be due."""
        return self._pausing.apply(pauses)

    @property
    def finished(self) -> threading.Event:
        """Set when an executor that runs until it is idle has nothing left to do."""
        return self._filler.finished

    @property
    def state(self) -> str:
        """As its row says it: running, paused or draining."""
        return "draining" if self._filler.is_stopped else "paused" if self.paused_for else "running"

    @property
    def tally(self) -> Mapping[str, int]:
        """How many of its attempts ended in which way."""
        return self._attempt_runner.outcome_writer.tally

    @property
    def attempts(self) -> AttemptTally:
        """What its attempts took and gave."""
        return self._attempt_runner.outcome_writer.attempts

    def breaker_states(self) -> Mapping[str, BreakerState]:
        """The state of each part's circuit breaker."""
        return self._backpressure.breaker_states()

    def standing_still(self, now: float) -> str | None:
        """Which of its threads has done nothing for too long at `now` (`clock.elapsed`); None while all go on."""
        return self._keep_alive.standing_still(now)

    def running(self) -> Sequence[RunningAttempt]:
        """The attempts that run now."""
        return self._attempts.all()

    def drain(self, *, grace: float, hurry: threading.Event) -> None:
        """Claim no more; give what runs `grace` seconds (less when `hurry` is set), then release the rest unharmed.

        It takes a few seconds more at most, whatever hangs (database, store, disk): by then every ffmpeg is told to
        end, and a task that could not be released is left to its lease.
        """
        self._filler.stop()
        self._shard_indexing.end()
        self._log.info("draining", running=len(self.running()), grace_seconds=grace)
        # The heartbeat writes the state: to do so here would cost a hanging database's timeout.
        self._keep_alive.hurry()
        try:
            over_at = end_attempts(self._attempts, grace=grace, hurry=hurry, give_up=self._give_up)
        finally:
            self._keep_alive.end()
            self._attempt_runner.notes.end()
        self._keep_alive.take_leave(until=over_at)
        self._log.info("executor_stopped", **self._attempt_runner.outcome_writer.tally)

    def _claimant(self) -> Claimant:
        config = self._config
        return Claimant(executor_id=config.executor_id, shard=self.shard.now, lease=config.lease, reach=self._reach)

    def _is_alone(self) -> bool:
        """Whether no other executor is to do what this one cannot."""
        return self._config.until_idle and (not self._config.shard.is_auto or self.shard.now.total == 1)

    def _count_shard(self) -> Shard:
        with self._database.single(waits_for_standby=False) as connection:
            return count_shard(connection, executor_id=self._config.executor_id)

    def _shard_changed(self) -> None:
        """Other tasks are its own now, which a free slot may begin; and its row is to tell the numbers."""
        self._keep_alive.hurry()
        self._filler.refilling.ask()
