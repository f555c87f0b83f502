"""Where a claim looks for due tasks: in its own shard, in others', and for what those left for long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Integer, Interval, Select, and_, bindparam, func, not_, true

from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask
from mediaproc.db.ids import IDS, is_among
from mediaproc.db.schema import media_process
from mediaproc.db.tasks.claim_order import after_values, is_after
from mediaproc.db.tasks.due_tasks import due_tasks, is_any_overdue, of_shard, overdue_task, within_reach
from mediaproc.db.tasks.paused_tasks import not_paused
from mediaproc.db.tasks.shard_buckets import due_in_buckets

_task = media_process.c

# As a literal: a limit that a generic plan does not know, it takes for a tenth of all that is due.
MOST = bindparam("most", type_=Integer, literal_execute=True)


class Whose(StrEnum):
    """Whose tasks a look takes, and in which order."""

    OVERDUE = "overdue"
    """The first of what other shards have had due for so long, in the claim's order; at most one."""
    OWN = "own"
    """Those of the claimant's shard, in the claim's order."""
    OTHERS = "others"
    """Those of all other shards, in the claim's order."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One place where a claim looks; `due_for`: for how many seconds a task must have been due.

    `only` confines the look to these task ids.

    With `after`, only tasks that follow that one in the claim's order are looked at. This is for speed: while another
    session holds an old snapshot, the index keeps an entry for every task that was ever claimed, and a claim that walks
    over all of them takes 6 to 81 times as long.
    """

    whose: Whose
    due_for: float = 0.0
    after: ClaimedTask | None = None
    only: Collection[int] | None = None

    @property
    def shape(self) -> "LookShape":
        """What of it decides the text of the statement."""
        return LookShape(whose=self.whose, goes_on=self.after is not None, is_confined=self.only is not None)

    @property
    def values(self) -> dict[str, object]:
        """For the parameters of its shape's SELECT."""
        given: dict[str, object] = {f"{self.whose}_due_for": timedelta(seconds=self.due_for)}
        if self.after is not None:
            given |= after_values(self.after, of=self.whose)
        if self.only is not None:
            given[f"{self.whose}_only"] = list(self.only)
        return given


@dataclass(frozen=True, kw_only=True)
class LookShape:
    """A look without its values: there is one statement for each sequence of these."""

    whose: Whose
    goes_on: bool = False
    is_confined: bool = False

    def due_ids(self, shard: Shard, *, has_reach: bool, unless: ColumnElement[bool]) -> Select[int]:
        """The ids that the look finds, as many as the claim may take at most, and none of `unless`."""
        left_out = is_among(_task.id, bindparam("left_out", type_=IDS))
        whose = and_(not_(left_out), within_reach() if has_reach else true(), not_paused(), not_(unless))
        due_for = bindparam(f"{self.whose}_due_for", type_=Interval)
        if self.is_confined:
            whose = and_(whose, is_among(_task.id, bindparam(f"{self.whose}_only", type_=IDS)))
        if self.goes_on:
            whose = and_(whose, is_after(media_process, of=self.whose))
        own = of_shard(shard, only=None)
        if self.whose is Whose.OVERDUE:
            return overdue_task(due_for=due_for, own=own, whose=whose)
        if self.whose is Whose.OWN and shard.is_auto:
            return due_in_buckets(shard, limit=MOST, whose=whose)
        if self.whose is Whose.OWN:
            return due_tasks(limit=MOST, whose=and_(own, whose))
        whose = and_(not_(own), _task.next_attempt_at <= func.now() - due_for, whose)
        if not self.goes_on:
            # Else a look that finds nothing walks over all that others have due for a shorter time.
            whose = and_(is_any_overdue(due_for=due_for), whose)
        return due_tasks(limit=MOST, whose=whose)
