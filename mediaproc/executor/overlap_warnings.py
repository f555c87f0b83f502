"""Warns of other executors whose shards do not fit to the own one, once for each that lasts."""

from dataclasses import dataclass, field
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.database import Database
from mediaproc.db.executor_registry import Overlap, overlapping_executors
from mediaproc.executor.current_shard import CurrentShard

# Seconds from one look to the next, and to the one that shows whether what it found lasts: while an executor takes the
# place of another one, both may seem to live for a moment.
_EVERY, _AGAIN_AFTER = 60.0, 3.0


@dataclass(kw_only=True)
class OverlapWarnings:
    """Of one executor; `tick` is called by one thread at a time."""

    database: Database
    executor_id: UUID
    shard: CurrentShard
    lease: float
    log: FilteringBoundLogger
    _suspects: frozenset[UUID] = field(default=frozenset(), init=False)
    _told: frozenset[UUID] = field(default=frozenset(), init=False)
    _next_look_at: float = field(default=0.0, init=False)

    def tick(self) -> None:
        """Look at times, and warn of whom the look before has shown as well."""
        now = clock.elapsed()
        if now < self._next_look_at:
            return
        try:
            found = {each.executor_id: each for each in self._overlaps()}
        except (Unavailable, PartMissing) as error:
            self.log.debug("overlaps_not_seen", reason=str(error))
            return
        lasting = self._suspects & found.keys()
        if lasting - self._told:
            self._warn([found[each] for each in lasting - self._told])
        self._suspects, self._told = frozenset(found), lasting
        self._next_look_at = now + (_EVERY if self._suspects == self._told else _AGAIN_AFTER)

    def _overlaps(self) -> list[Overlap]:
        with self.database.single(waits_for_standby=False) as connection:
            return overlapping_executors(
                connection, executor_id=self.executor_id, shard=self.shard.now, seen_within=self.lease
            )

    def _warn(self, overlaps: list[Overlap]) -> None:
        self.log.warning(
            "shards_overlap",
            shard=str(self.shard.now),
            others="; ".join(sorted(map(str, overlaps))),
            consequence="nothing is done twice, but they are in each other's way, or a shard has nobody",
            remedy="give each executor a shard of its own of one total, or start all with `--shard auto`",
        )
