"""The order in which due tasks are claimed: the highest priority first, then the oldest task."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    and_,
    bindparam,
)

from mediaproc.core.task import ClaimedTask


def claim_order(tasks: FromClause) -> tuple[ColumnElement[Any], ...]:
    """What to order `tasks` by. `media_process_claim_idx` has the same order, so that a claim stops at its limit."""
    return tasks.c.priority.desc(), tasks.c.id


def claim_key(tasks: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The columns of the order, for a query that puts the tasks of several others in it; the last one is the id."""
    return tasks.c.priority, tasks.c.id


def is_after(tasks: FromClause, *, of: str) -> ColumnElement[bool]:
    """Whether a task comes after the one of `after_values` in this order, within the priority of that one.

    `of` tells the parameters of one such condition from those of another in the same statement.
    """
    return and_(
        tasks.c.priority == bindparam(f"{of}_after_priority", type_=Integer),
        tasks.c.id > bindparam(f"{of}_after_id", type_=BigInteger),
    )


def after_values(task: ClaimedTask, *, of: str) -> dict[str, object]:
    """For the parameters of `is_after`."""
    return {f"{of}_after_priority": task.priority, f"{of}_after_id": task.id}
