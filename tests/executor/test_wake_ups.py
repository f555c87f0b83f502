"""Which notifications wake the executor, and how often."""

import threading

from mediaproc.core.shard import Shard
from mediaproc.executor.wake_ups import WakeUps

PATIENCE = 60.0


class Claims:
    """Counts the wake-ups; each is over when it may go on, and found something when told so."""

    def __init__(self, *, finds: bool) -> None:
        self.begun, self.may_go_on = threading.Semaphore(0), threading.Semaphore(0)
        self._finds = finds

    def __call__(self) -> bool:
        self.begun.release()
        self.may_go_on.acquire()
        return self._finds


def test_only_a_task_of_the_own_shard_wakes_the_executor() -> None:
    claims = Claims(finds=True)
    wake_ups = WakeUps(shard=Shard(0, 2), on_due=claims)
    wake_ups.notified([1, 3])
    wake_ups.notified([])
    wake_ups.start()
    assert not claims.begun.acquire(timeout=0.2)
    wake_ups.notified([1, 2])
    assert claims.begun.acquire(timeout=PATIENCE)
    wake_ups.end()
    claims.may_go_on.release()


def test_what_is_notified_during_a_claim_is_one_further_claim() -> None:
    claims = Claims(finds=True)
    wake_ups = WakeUps(shard=Shard(0, 1), on_due=claims)
    wake_ups.start()
    wake_ups.wake()
    assert claims.begun.acquire(timeout=PATIENCE)
    for task_id in range(100):
        wake_ups.notified([task_id])
    claims.may_go_on.release()
    assert claims.begun.acquire(timeout=PATIENCE)
    claims.may_go_on.release()
    assert not claims.begun.acquire(timeout=0.2)
    wake_ups.end()


def test_after_the_end_nothing_wakes_it() -> None:
    claims = Claims(finds=False)
    wake_ups = WakeUps(shard=Shard(0, 1), on_due=claims)
    wake_ups.end()
    wake_ups.start()
    wake_ups.wake()
    assert not claims.begun.acquire(timeout=0.2)
