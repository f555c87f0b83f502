"""The shard that an executor has now: fixed, or the numbers that follow from the executors that live."""

import threading
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.shard import Shard


class CurrentShard:
    """Whatever needs the numbers asks this object, in any thread, and keeps none of its own.

    `count` counts automatic numbers anew, `on_change` is called once they are others.
    """

    def __init__(
        self, shard: Shard, *, count: Callable[[], Shard], on_change: Callable[[], None], log: FilteringBoundLogger
    ) -> None:
        self._shard = shard
        self._count = count
        self._on_change = on_change
        self._log = log
        # Whether they were counted since the latest tick.
        self._is_fresh = False
        self._changing = threading.Lock()

    @property
    def now(self) -> Shard:
        """The shard of now."""
        return self._shard

    def owns(self, task_id: int) -> bool:
        """Whether the task is the executor's own now."""
        return self._shard.owns(task_id)

    def begin(self, shard: Shard) -> None:
        """The numbers with which the executor has registered."""
        self._shard = shard

    def counted(self, shard: Shard) -> None:
        """The numbers are these, as a look at the other executors has just shown."""
        with self._changing:
            before, self._shard, self._is_fresh = self._shard, shard, True
        if before != shard:
            self._log.info("shard_changed", before=str(before), shard=str(shard))
            self._on_change()

    def tick(self) -> None:
        """Count anew, unless that was done since the latest tick; without a database the numbers stay."""
        with self._changing:
            is_fresh, self._is_fresh = self._is_fresh, False
        if not self._shard.is_auto or is_fresh:
            return
        try:
            self.counted(self._count())
        except (Unavailable, PartMissing) as error:
            self._log.debug("shard_not_counted", reason=str(error))
        self._is_fresh = False
