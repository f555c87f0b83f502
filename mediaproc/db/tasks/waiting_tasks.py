"""Ask for tasks that only wait where they were claimed: an idle executor could begin them now."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection, and_, func, not_, or_, select, true

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import release_limit
from mediaproc.db.ids import is_among
from mediaproc.db.notifications import notify_wanted
from mediaproc.db.schema import media_process, media_process_attempt
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.due_tasks import of_shard, within_reach
from mediaproc.db.tasks.paused_tasks import not_paused
from mediaproc.db.tasks.release import releases_before

_task = media_process.c
_attempt = media_process_attempt.c

# Seconds that a task must have waited: a shorter wait may well be over before another executor has its source.
WAITED_FOR = 5.0
# The longest waits that are looked at: in a large fleet each slot has a task that waits for it.
_MOST_LOOKED_AT = 200


def ask_for_waiting(
    connection: Connection, *, claimant: Claimant, limit: int, steal_after: float, left_out: Collection[int] = ()
) -> list[int]:
    """Notify the executors that hold such tasks, at most `limit` of them; returns their ids.

    They are of the claimant's shard, or due for so long that it may steal them (`steal_after` 0: never). A task that
    was given back so too often is left where it is.
    """
    longest = (
        select(_attempt.claim_token, _attempt.task_id, _attempt.waits_since)
        .where(_attempt.outcome.is_(None), _attempt.waits_since < func.now() - timedelta(seconds=WAITED_FOR))
        .order_by(_attempt.waits_since)
        .limit(_MOST_LOOKED_AT)
        .cte("longest_waits")
    )
    own = of_shard(claimant.shard, only=None)
    is_for_me = or_(own, _task.next_attempt_at <= func.now() - timedelta(seconds=steal_after)) if steal_after else own
    wanted = (
        select(_task.id)
        .join(longest, and_(_task.id == longest.c.task_id, _task.claim_token == longest.c.claim_token))
        .where(
            _task.claimed_by != claimant.executor_id,
            is_for_me,
            within_reach() if claimant.reach else true(),
            not_paused(),
            not_(is_among(_task.id, left_out)),
            releases_before(ErrorClass.GIVEN_BACK) < release_limit(ErrorClass.GIVEN_BACK),
        )
        .order_by(longest.c.waits_since)
        .limit(limit)
        .cte("wanted_tasks")
    )
    asked = select(wanted.c.id, notify_wanted(wanted.c.id))
    values = {"claimant": claimant.executor_id, **(claimant.reach.values if claimant.reach else {})}
    return [row.id for row in connection.execute(asked, values)]
