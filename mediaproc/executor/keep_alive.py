"""Keeps an executor's claims and its own row alive, by heartbeat and self-fence, until its last sign of life."""

from collections.abc import Callable
from concurrent.futures import wait

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.db.database import Database
from mediaproc.executor.attempt_registry import AttemptRegistry
from mediaproc.executor.current_shard import CurrentShard
from mediaproc.executor.drain import left_until
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.executor.heartbeat import Heartbeat
from mediaproc.executor.registration import give_sign_of_life
from mediaproc.executor.self_fence import SelfFence
from mediaproc.executor.slot_filling import SlotFiller
from mediaproc.executor.watched_progress import WatchedProgress

# Seconds that a look of the self-fence takes at most, and a beat of the heartbeat: its statements have timeouts.
_LONGEST_LOOK = 30.0
_LONGEST_BEAT = 120.0


class KeepAlive:
    """For one executor, whose row gets `state` and `paused_for` with each beat."""

    def __init__(
        self,
        database: Database,
        *,
        config: ExecutorConfig,
        attempts: AttemptRegistry,
        filler: SlotFiller,
        shard: CurrentShard,
        state: Callable[[], str],
        paused_for: Callable[[], str | None],
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._config = config
        self._attempts = attempts
        self._filler = filler
        self._shard = shard
        self._state = state
        self._paused_for = paused_for
        self._log = log
        self._watched_progress = WatchedProgress(database, running=attempts.all, log=log)
        self._heartbeat = Heartbeat(
            database,
            lease=config.lease,
            interval=config.heartbeat,
            running=attempts.all,
            sign_of_life=self._sign_of_life,
            on_watched=self._watched_progress.watched,
            log=log,
        )
        self._self_fence = SelfFence(lease=config.lease, running=attempts.all)

    def start(self) -> None:
        """Begin to watch over the attempts."""
        self._heartbeat.start()
        self._self_fence.start()
        self._watched_progress.start()

    def hurry(self) -> None:
        """Beat now, so that leases and row are renewed at once."""
        self._heartbeat.hurry()

    def standing_still(self, now: float) -> str | None:
        """Which of the threads has done nothing for too long at `now` (`clock.elapsed`); None while both go on."""
        seen = {
            "self-fence": (self._self_fence.looked_at, _LONGEST_LOOK),
            "heartbeat": (self._heartbeat.seen_at, self._config.heartbeat + _LONGEST_BEAT),
        }
        for name, (at, longest) in seen.items():
            if at is not None and now - at > longest:
                return name
        return None

    def end(self) -> None:
        """Begin no further beat and no further look."""
        self._heartbeat.end()
        self._self_fence.end()
        self._watched_progress.end()

    def take_leave(self, *, until: float) -> None:
        """Give the last sign of life, unless that hangs until that moment (by `clock.elapsed`)."""
        # In a thread that may be left behind, with whatever keeps it waiting.
        leave = run_in_daemon_thread(self._last_sign_of_life, name="leave")
        if wait([leave], timeout=left_until(until)).done:
            leave.result()

    def _last_sign_of_life(self) -> None:
        # Then no beat can contradict it, and no claim is under way any more.
        self._heartbeat.join()
        self._filler.wait_for_claim()
        try:
            self._sign_of_life(state="stopped")
        except (Unavailable, PartMissing) as error:
            self._log.warning("sign_of_life_failed", reason=str(error))

    def _sign_of_life(self, *, state: str | None = None) -> None:
        # Here too, since nothing is claimed for a long time with every slot busy or the store away.
        self._filler.release_unheard()
        give_sign_of_life(
            self._database,
            executor_id=self._config.executor_id,
            busy=min(self._config.slots, sum(each.waits_for is None for each in self._attempts.all())),
            state=state or self._state(),
            paused_for=self._paused_for(),
            shard=self._shard.now,
        )
