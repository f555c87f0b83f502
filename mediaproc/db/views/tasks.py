"""Tasks one by one: those of a selection or of some ids, how many there are, and where each is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Interval,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.sql.expression import ColumnCollection

from mediaproc.core.health import MOST_COUNTED
from mediaproc.core.lifecycle import Status
from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.db import uploads
from mediaproc.db.ids import IDS, is_among
from mediaproc.db.schema import media_process, media_process_history
from mediaproc.db.schema.conditions import WAITS_FOR_A_PERSON
from mediaproc.db.selection import (
    Cursor,
    done_tasks_of,
    in_order,
    is_behind,
    looking,
    open_tasks_of,
    reaches_history,
    reaches_open,
)

_task = media_process.c
_history = media_process_history.c


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """A task, or its row in history; `status` is then its outcome."""

    id: int
    file_id: str
    filename: str
    profile: str
    tenant: str
    status: str
    priority: int
    attempt: int
    fail_count: int
    progress: float | None
    error_class: str | None
    error: str | None
    created_at: datetime
    updated_at: datetime
    due_in: timedelta | None
    outcome: str | None
    verification: str | None


def tasks(
    connection: Connection,
    *,
    selection: Selection = EVERYTHING,
    with_history: bool = False,
    limit: int | None = None,
    after: Cursor | None = None,
) -> list[TaskLine]:
    """The tasks of a selection, the newest first, from behind the cursor; `with_history` as `reaches_history` has it.

    Raises:
        WrongUse: it took too long to find them.
    """
    parts: list[Select[Any]] = []
    if reaches_open(selection):
        parts += (_page(_open_tasks(), _task, part, limit=limit, after=after) for part in open_tasks_of(selection))
    if reaches_history(selection, with_history=with_history):
        parts += (_page(_done_tasks(), _history, part, limit=limit, after=after) for part in done_tasks_of(selection))
    every = union_all(*(select(part.subquery()) for part in parts)).subquery()
    chosen = select(every).order_by(*in_order(every.c, descending=True)).limit(limit)
    with looking(connection):
        found = [TaskLine(**row) for row in connection.execute(chosen).mappings()]
    return found if selection.reader is None else as_read_by(connection, found, tenant=selection.reader)


def as_read_by(connection: Connection, lines: Sequence[TaskLine], *, tenant: str) -> list[TaskLine]:
    """These tasks as the tenant may know them: another one's without that one's name, and of the file its own name."""
    others = {line.file_id for line in lines if line.tenant != tenant}
    names = uploads.names_given(connection, file_ids=others, tenant=tenant) if others else {}
    return [
        line if line.tenant == tenant else replace(line, tenant="", filename=names.get(line.file_id, ""))
        for line in lines
    ]


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many tasks a selection has; with `more` there are more than these."""

    tasks: int
    more: bool


def count(connection: Connection, *, selection: Selection, with_history: bool = False) -> Count:
    """How many tasks a selection has; no more are counted than `MOST_COUNTED`.

    Raises:
        WrongUse: it took too long to find them.
    """
    parts: list[Select[Any]] = []
    # The newest, as a page has them: along the same indexes, not through a table whose first rows may all be others.
    if reaches_open(selection):
        newest = in_order(_task, descending=True)
        parts += (select(_task.id).where(part).order_by(*newest) for part in open_tasks_of(selection))
    if reaches_history(selection, with_history=with_history):
        newest = in_order(_history, descending=True)
        parts += (select(_history.id).where(part).order_by(*newest) for part in done_tasks_of(selection))
    found = 0
    with looking(connection):
        for part in parts:
            if found <= MOST_COUNTED:
                found += _counted(connection, part, at_most=MOST_COUNTED)
    return Count(tasks=min(found, MOST_COUNTED), more=found > MOST_COUNTED)


def _counted(connection: Connection, rows: Select[Any], *, at_most: int) -> int:
    """How many there are, or one more than `at_most`."""
    return connection.scalar(select(func.count()).select_from(rows.limit(at_most + 1).subquery())) or 0


def _page(
    rows: Select[Any],
    columns: ColumnCollection[str, Any],
    whose: ColumnElement[bool],
    *,
    limit: int | None,
    after: Cursor | None,
) -> Select[Any]:
    """So many rows of one part: each part is walked by an index of its own, and no further than the page."""
    chosen = rows.where(whose, is_behind(columns, after, descending=True))
    return chosen.order_by(*in_order(columns, descending=True)).limit(limit)


def tasks_named(connection: Connection, *, ids: Collection[int]) -> list[TaskLine]:
    """The tasks of these ids, wherever they are; those that are not there are missing from the answer."""
    return [TaskLine(**row) for row in connection.execute(_named(), {"ids": list(ids)}).mappings()]


@lru_cache(maxsize=1)
def _named() -> Select[Any]:
    """Built once: a page that somebody looks at asks it every second."""
    every = _all_tasks().subquery()
    return select(every).where(is_among(every.c.id, bindparam("ids", type_=IDS))).order_by(every.c.id)


def count_newer(
    connection: Connection, *, selection: Selection, than: Cursor, at_most: int, with_history: bool = False
) -> Count:
    """How many tasks of the selection, as `tasks` lists it, come before the cursor: those that a list misses by now.

    Raises:
        WrongUse: it took too long to find them.
    """
    parts: list[Select[Any]] = []
    if reaches_open(selection):
        newer, oldest = is_behind(_task, than, descending=False), in_order(_task, descending=False)
        parts += (select(_task.id).where(part, newer).order_by(*oldest) for part in open_tasks_of(selection))
    if reaches_history(selection, with_history=with_history):
        newer, oldest = is_behind(_history, than, descending=False), in_order(_history, descending=False)
        parts += (select(_history.id).where(part, newer).order_by(*oldest) for part in done_tasks_of(selection))
    with looking(connection):
        found = sum(_counted(connection, part, at_most=at_most) for part in parts)
    return Count(tasks=min(found, at_most), more=found > at_most)


def unfinished(connection: Connection, *, ids: Collection[int]) -> frozenset[int]:
    """The tasks of these ids that go on without a person."""
    goes_on = text(f"NOT ({WAITS_FOR_A_PERSON})")
    return frozenset(connection.scalars(select(_task.id).where(is_among(_task.id, ids), goes_on)))


_SAME = ("id", "file_id", "filename", "profile", "tenant")
_COUNTS = ("priority", "attempt", "fail_count")
_ERRORS = ("error_class", "error", "created_at")


def _open_tasks() -> Select[Any]:
    return select(
        *(_task[name] for name in _SAME),
        _task.status,
        *(_task[name] for name in _COUNTS),
        _task.progress,
        *(_task[name] for name in _ERRORS),
        _task.updated_at,
        case((_task.status != Status.PROCESSING, _task.next_attempt_at - func.now()), else_=null()).label("due_in"),
        cast(null(), Text).label("outcome"),
        cast(null(), Text).label("verification"),
    )


def _done_tasks() -> Select[Any]:
    return select(
        *(_history[name] for name in _SAME),
        _history.outcome.label("status"),
        *(_history[name] for name in _COUNTS),
        cast(null(), _task.progress.type).label("progress"),
        *(_history[name] for name in _ERRORS),
        _history.finished_at.label("updated_at"),
        cast(null(), Interval).label("due_in"),
        _history.outcome,
        _history.verification,
    )


def _all_tasks() -> Select[Any]:
    both = union_all(_open_tasks(), _done_tasks()).subquery()
    return select(both)
