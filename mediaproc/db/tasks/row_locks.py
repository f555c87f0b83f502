"""Locks of rows of the task table: a statement for many tasks skips locked rows, one for a single task waits first."""

from collections.abc import Collection

from sqlalchemy import CTE, Connection, FromClause, and_, select

from mediaproc.db.ids import is_among
from mediaproc.db.schema import media_process

_task = media_process.c


def unlocked(claims: FromClause) -> CTE:
    """Those of `claims` (`task_id`, `claim_token`, and more) that still hold, their rows locked by this statement.

    Rows that another session has locked are skipped. PostgreSQL checks the join again on the newest version of each row
    that it locks: a claim whose token was replaced before that drops out. The lock is FOR NO KEY UPDATE, so that
    foreign keys to the row can still be checked.
    """
    return (
        select(claims)
        .join(media_process, and_(_task.id == claims.c.task_id, _task.claim_token == claims.c.claim_token))
        .with_for_update(of=media_process, key_share=True, skip_locked=True)
        .cte("unlocked_claims")
    )


def await_row(connection: Connection, *, task_id: int) -> None:
    """As `await_rows`, of one task."""
    await_rows(connection, task_ids=[task_id])


def await_rows(connection: Connection, *, task_ids: Collection[int]) -> None:
    """Lock the tasks' rows that are there, so that the next statement need not wait for one; in the order of their ids.

    A statement that waits for a lock itself then reads the newest version of that row, but every other table as of its
    own beginning. The next statement after this one reads all tables as of now.
    """
    connection.execute(select(_task.id).where(is_among(_task.id, task_ids)).order_by(_task.id).with_for_update())


def lock_free_rows(connection: Connection, *, task_ids: Collection[int]) -> frozenset[int]:
    """Lock the rows that no other session has locked; returns their tasks, and the tasks that have no row any more.

    As after `await_row`, the next statement waits for no lock of theirs and reads all tables as of now.
    """
    asked = select(_task.id).where(is_among(_task.id, task_ids))
    locked = frozenset(connection.scalars(asked.order_by(_task.id).with_for_update(skip_locked=True)))
    return locked | (frozenset(task_ids) - frozenset(connection.scalars(asked)))
