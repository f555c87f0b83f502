"""The executor of one node: fills its slots with claimed tasks, watches over them, settles them, drains."""

import threading
from collections.abc import Sequence
from concurrent.futures import wait
from functools import partial

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.attempt_context import AttemptContext
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import Claimant
from mediaproc.executor.attempt_registry import AttemptRegistry
from mediaproc.executor.attempt_runner import AttemptRunner
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.claiming import Claimer
from mediaproc.executor.drain import end_attempts, left_until
from mediaproc.executor.executor_config import ExecutorConfig, reach_of
from mediaproc.executor.heartbeat import Heartbeat
from mediaproc.executor.outcome_writer import OutcomeWriter
from mediaproc.executor.outlier_detection import OutlierDetection
from mediaproc.executor.registration import register
from mediaproc.executor.release_policy import ReleasePolicy
from mediaproc.executor.running_attempt import RunningAttempt
from mediaproc.executor.self_fence import SelfFence
from mediaproc.executor.slots import Slots
from mediaproc.executor.task_exclusions import TaskExclusions
from mediaproc.executor.task_table import TaskTable


class Executor:
    """Claims at most as many tasks as slots are free; a slot that gets free is filled again at once."""

    def __init__(
        self, database: Database, *, context: AttemptContext, config: ExecutorConfig, log: FilteringBoundLogger
    ) -> None:
        self._database = database
        self._context = context
        self._config = config
        self._log = log.bind(executor=str(config.executor_id))
        self._reach = reach_of(context)
        claimant = Claimant(executor_id=config.executor_id, shard=config.shard, lease=config.lease, reach=self._reach)
        self._task_table = TaskTable(database, claimant=claimant)
        self._attempts = AttemptRegistry()
        self._backpressure = Backpressure(store=context.store, scratch=context.scratch, log=self._log)
        exclusions = TaskExclusions(steal_after=config.steal_after)
        self._give_up = threading.Event()
        self._claimer = Claimer(
            self._task_table,
            backpressure=self._backpressure,
            # Who works until its own shard is done takes no work of others.
            steal_after=0 if config.until_idle else config.steal_after,
            only=config.only,
            known=self._attempts.tokens,
            left_out=exclusions,
            log=self._log,
        )
        self._settler = OutcomeWriter(
            task_table=self._task_table, store=context.store, policy=config.policy, give_up=self._give_up
        )
        self._outliers = OutlierDetection(
            self._task_table,
            backpressure=self._backpressure,
            policy=config.policy,
            is_confined=config.only is not None,
            log=self._log,
        )
        self._runner = AttemptRunner(
            context=context,
            backpressure=self._backpressure,
            releases=ReleasePolicy(backpressure=self._backpressure, exclusions=exclusions, is_alone=config.until_idle),
            settler=self._settler,
            outliers=self._outliers,
            threads=self._threads,
        )
        self._heartbeat = Heartbeat(
            self._task_table,
            interval=config.heartbeat,
            running=self.running,
            sign_of_life=self._sign_of_life,
            log=self._log,
        )
        self._self_fence = SelfFence(lease=config.lease, running=self.running)
        self._slots = Slots(config.slots)
        self._claiming = threading.Lock()
        # Never held while anything is waited for: no attempt begins once a drain has.
        self._beginning = threading.Lock()
        self._is_draining = False
        self.finished = threading.Event()

    def start(self) -> None:
        """Introduce itself and begin to watch; claims nothing before the first tick.

        Raises:
            Unavailable, PartMissing: the database is away, refuses, or has tables of another version.
        """
        register(
            self._database,
            reach=self._reach,
            store=self._context.store,
            config=self._config,
            confinement=self._context.runner.describe(),
            log=self._log,
        )
        self._heartbeat.start()
        self._self_fence.start()

    def tick(self) -> None:
        """One firing of the schedule: claim for every slot that is free."""
        self._outliers.compare()
        self._fill()

    def wake(self) -> bool:
        """A task of this shard has just become due: claim, if a slot is free; returns whether anything was claimed."""
        return self._fill_or_tell()

    def lock_lost(self) -> None:
        """Show at once by a heartbeat that this executor lives: without its lock others may take it for dead."""
        now = clock.elapsed()
        for one in self.running():
            one.listener_lost(now)
        self._heartbeat.hurry()

    @property
    def paused_for(self) -> str | None:
        """The sentence that says why nothing is claimed; None when nothing is in the way."""
        return self._backpressure.paused_for

    def running(self) -> Sequence[RunningAttempt]:
        """The attempts that run now."""
        return self._attempts.all()

    def drain(self, *, grace: float, hurry: threading.Event) -> None:
        """Claim no more; give what runs `grace` seconds (less when `hurry` is set), then release the rest unharmed.

        It takes a few seconds more at most, whatever hangs (database, store, disk): by then every ffmpeg is told to
        end, and what could not be released goes by its lease.
        """
        with self._beginning:
            self._is_draining = True
        self._log.info("draining", running=len(self.running()), grace_seconds=grace)
        # The heartbeat tells of it: to do so here would cost a hanging database's timeout.
        self._heartbeat.hurry()
        try:
            over_at = end_attempts(self._attempts, grace=grace, hurry=hurry, give_up=self._give_up)
        finally:
            self._heartbeat.end()
            self._self_fence.end()
        # In a thread that may be left behind, with whatever keeps it waiting.
        leave = run_in_daemon_thread(self._take_leave, name="leave")
        if wait([leave], timeout=left_until(over_at)).done:
            leave.result()
        self._log.info("executor_stopped", **self._settler.tally)

    def _take_leave(self) -> None:
        """The last sign of life, when no beat can contradict it and no claim is under way any more."""
        self._heartbeat.join()
        with self._claiming:
            pass
        self._say_so(state="stopped")

    def _fill(self, *, refill: bool = False) -> bool:
        """Whether anything was claimed."""
        with self._claiming:
            if not refill:
                self._claimer.begin_at_the_front()
            free = self._config.slots - len(self.running())
            if self._is_draining or free <= 0:
                return False
            answer = self._claimer.claim(limit=free)
            if answer is None:
                return False
            tasks, lease_trusted_until = answer
            if tasks and not self._begin_unless_draining(tasks, lease_trusted_until=lease_trusted_until):
                self._give_back(tasks)
            if not tasks and self._config.until_idle:
                self._finish_if_idle()
            return bool(tasks)

    def _begin_unless_draining(self, tasks: Sequence[ClaimedTask], *, lease_trusted_until: float) -> bool:
        with self._beginning:
            if not self._is_draining:
                self._begin_all(tasks, lease_trusted_until=lease_trusted_until)
            return not self._is_draining

    def _give_back(self, tasks: Sequence[ClaimedTask]) -> None:
        """A drain began while they were claimed."""
        self._claimer.disown([task.claim_token for task in tasks])
        try:
            self._claimer.release_unheard()
        except (Unavailable, PartMissing) as error:
            self._log.warning("release_waits", reason=str(error), next_try="with the last sign of life")

    def _begin_all(self, tasks: Sequence[ClaimedTask], *, lease_trusted_until: float) -> None:
        """Each in a slot of its own; what cannot be begun is given back, not renewed for ever."""
        waiting = {task.claim_token for task in tasks}
        try:
            begun = [(task, self._begin(task, lease_trusted_until=lease_trusted_until)) for task in tasks]
            for task, running in begun:
                self._slots.submit(partial(self._attempt, task, running))
                waiting.remove(task.claim_token)
        except BaseException:
            self._attempts.remove(waiting)
            self._claimer.disown(waiting)
            raise

    def _begin(self, task: ClaimedTask, *, lease_trusted_until: float) -> RunningAttempt:
        running = RunningAttempt(
            task,
            lease_trusted_until=lease_trusted_until,
            task_table=self._task_table,
            log=self._log,
            on_stage=lambda stage: self._backpressure.comes_to(stage, claim_token=task.claim_token),
        )
        self._attempts.add(running)
        running.log.info(
            "stage_started", stage=Stage.CLAIM, profile=task.profile, filename=task.filename, size=task.size
        )
        return running

    def _attempt(self, task: ClaimedTask, running: RunningAttempt) -> None:
        try:
            self._runner.run(task, running=running)
        finally:
            self._attempts.remove([task.claim_token])
        self._refill()

    def _threads(self) -> int:
        """A lone task gets all the cores; on a busy node one thread each is the most throughput."""
        return max(1, self._config.cpus // max(1, len(self.running())))

    def _refill(self) -> None:
        """A slot has become free."""
        self._fill_or_tell(refill=True)

    def _fill_or_tell(self, *, refill: bool = False) -> bool:
        """Whether anything was claimed. A bug, or a machine that starts no more threads, ends no thread of ours."""
        try:
            return self._fill(refill=refill)
        except Exception:  # noqa: BLE001 - told, and the next tick tries again
            self._log.exception("bug", consequence="the slots are filled by the next tick")
            return False

    def _finish_if_idle(self) -> None:
        if self.running():
            return
        try:
            if not self._task_table.has_unfinished(shard=self._config.shard, only=self._config.only):
                self.finished.set()
        except (Unavailable, PartMissing) as error:
            self._backpressure.part_failed(ErrorClass.DATABASE_UNAVAILABLE, sentence=str(error))

    def _sign_of_life(self, *, state: str | None = None) -> None:
        # Also with every slot busy or the store away, when nothing is claimed for a long time.
        if self._claiming.acquire(blocking=False):
            try:
                self._claimer.release_unheard()
            finally:
                self._claiming.release()
        paused_for = self.paused_for
        if state is None:
            state = "draining" if self._is_draining else "paused" if paused_for else "running"
        self._task_table.beat(busy=len(self.running()), state=state, paused_for=paused_for)

    def _say_so(self, *, state: str | None = None) -> None:
        """A sign of life out of turn; whether it is heard changes nothing."""
        try:
            self._sign_of_life(state=state)
        except (Unavailable, PartMissing) as error:
            self._log.warning("sign_of_life_failed", reason=str(error))
