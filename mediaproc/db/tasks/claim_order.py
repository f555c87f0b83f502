"""The order in which due tasks are claimed: by position (`core/position.py`), and of the same position the oldest."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, FromClause, and_, bindparam, literal, text, tuple_

from mediaproc.core.position import HEAD_START
from mediaproc.core.task import ClaimedTask


def claim_order(tasks: FromClause) -> tuple[ColumnElement[Any], ...]:
    """What to order `tasks` by. `media_process_claim_idx` has the same order, so that a claim stops at its limit."""
    return tasks.c.position, tasks.c.id


def any_position() -> ColumnElement[bool]:
    """True of every task: a CHECK of the table refuses other positions.

    It is named so that a planner without good statistics, as after a burst into an empty table, takes the index that
    begins with it and not one that makes it sort all that is due.
    """
    return and_(text("media_process.position > '-Infinity'"), text("media_process.position < 'Infinity'"))


def claim_key(tasks: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The columns of the order, for a query that puts the tasks of several others in it; the last one is the id."""
    return tasks.c.position, tasks.c.id


def is_after(tasks: FromClause, *, of: str) -> ColumnElement[bool]:
    """Whether a task comes after the one of `after_values` in this order.

    `of` tells the parameters of one such condition from those of another in the same statement.
    """
    latest = bindparam(f"{of}_after_position", type_=Double), bindparam(f"{of}_after_id", type_=BigInteger)
    return tuple_(tasks.c.position, tasks.c.id) > tuple_(*latest)


def after_values(task: ClaimedTask, *, of: str) -> dict[str, object]:
    """For the parameters of `is_after`."""
    return {f"{of}_after_position": task.position, f"{of}_after_id": task.id}


def start_of(tasks: FromClause) -> ColumnElement[float]:
    """The position that a task had without its priority."""
    return tasks.c.position + tasks.c.priority * literal(HEAD_START, Double)


def position_of(start: ColumnElement[float], *, priority: ColumnElement[int]) -> ColumnElement[float]:
    """The position of a task with this priority: `core.position.position` in SQL."""
    return start - priority * literal(HEAD_START, Double)
