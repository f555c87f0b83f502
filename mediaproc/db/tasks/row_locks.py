"""Locks of the task table's rows: passed over where one would hold up all the others, or waited for beforehand."""

from collections.abc import Collection

from sqlalchemy import CTE, Connection, FromClause, and_, select

from mediaproc.db.ids import is_among
from mediaproc.db.schema import media_process

_task = media_process.c


def unlocked(claims: FromClause) -> CTE:
    """Those of `claims` (`task_id`, `claim_token`, and more) that stand, their rows locked now; SKIP LOCKED the others.

    The join with the token is looked at again in the row as it is when it is locked, so that a token that is gone by
    then drops out. NO KEY: what refers to the row by its key is in nobody's way.
    """
    return (
        select(claims)
        .join(media_process, and_(_task.id == claims.c.task_id, _task.claim_token == claims.c.claim_token))
        .with_for_update(of=media_process, key_share=True, skip_locked=True)
        .cte("unlocked_claims")
    )


def await_row(connection: Connection, *, task_id: int) -> None:
    """Lock the task's row, if there is one, so that the next statement waits for nobody and sees all that is committed.

    A statement that waits itself goes on with the new row and, for every other table, with a snapshot from before it.
    """
    connection.execute(select(_task.id).where(_task.id == task_id).with_for_update())


def lock_free_rows(connection: Connection, *, task_ids: Collection[int]) -> frozenset[int]:
    """Those of the tasks whose rows are locked now, and those that have no row any more; SKIP LOCKED the others.

    As with `await_row`, the next statement waits for nobody and sees all that is committed about them.
    """
    asked = select(_task.id).where(is_among(_task.id, task_ids))
    locked = frozenset(connection.scalars(asked.order_by(_task.id).with_for_update(skip_locked=True)))
    return locked | (frozenset(task_ids) - frozenset(connection.scalars(asked)))
