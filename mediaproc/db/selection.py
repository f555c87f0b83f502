"""Which rows a selection means: the condition for tasks that are not done and for history, and where a page begins.

Rows are in the order in which they were enqueued: the time and, where many have the same, the id.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Text,
    and_,
    any_,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.expression import ColumnCollection

from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted
from mediaproc.core.selection import Selection
from mediaproc.core.shard import Shard
from mediaproc.db.ids import is_among
from mediaproc.db.read_timeout import seconds_of, statement_timeout
from mediaproc.db.schema import media_executor, media_process, media_process_attempt, media_process_history
from mediaproc.db.schema.conditions import EXHAUSTED
from mediaproc.db.uploads import IsMeant, is_of_shared_file, is_own, is_seen_by

_task = media_process.c
_history = media_process_history.c
_attempt = media_process_attempt.c

# Seconds that a statement may look for the rows of a selection. By a part of a file's name alone it reads every row.
_LOOK_TIMEOUT = 5.0
_QUERY_CANCELED = "57014"
# A page or a count ends with its last row. For a hash PostgreSQL would read all uploads of a tenant that has most.
_BY_INDEXES = text("SET LOCAL enable_hashjoin = off")

# An executor's id, or a beginning of one; anything shorter is only a host's name.
_ID_DIGITS = re.compile("[0-9a-f]{8,32}")


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last row of a page, behind which the next page begins; its text is a time and an id."""

    created_at: datetime
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor that was written so.

        Raises:
            WrongUse: it is none.
        """
        moment, _, number = text.strip().partition("/")
        try:
            created_at, task_id = datetime.fromisoformat(moment), int(number)
        except ValueError:
            created_at, task_id = None, 0
        if created_at is None or created_at.tzinfo is None or not 0 < task_id < 2**63:
            raise WrongUse(f"{quoted(text)} is no place in a list: give the one that the page before it has told.")
        return cls(created_at=created_at, id=task_id)

    def __str__(self) -> str:
        return f"{self.created_at.isoformat().replace('+00:00', 'Z')}/{self.id}"


def reaches_open(selection: Selection) -> bool:
    """Whether a task that is not done may be among them."""
    return not selection.status or bool(selection.open_statuses)


def reaches_history(selection: Selection, *, with_history: bool = False) -> bool:
    """Whether history has to be looked at: where a status asks for it, for ids, and `with_history` for any status."""
    return bool(selection.outcomes) or (not selection.status and (with_history or bool(selection.ids)))


def is_open_task_of(selection: Selection) -> ColumnElement[bool]:
    """The condition for a few rows of `media_process` that are found by their ids."""
    seen = is_seen_by(media_process, _is_tenant_of(selection)) if selection.tenant else true()
    return and_(_both(selection, columns=_task, has_status=_has_status(selection)), seen)


def open_tasks_of(selection: Selection) -> Sequence[ColumnElement[bool]]:
    """The condition for `media_process`, in parts: an index serves each, and no task is in two."""
    found = _both(selection, columns=_task, has_status=_has_status(selection))
    if not selection.tenant:
        return (found,)
    is_tenant = _is_tenant_of(selection)
    return and_(found, is_own(media_process, is_tenant)), and_(found, is_of_shared_file(media_process, is_tenant))


def done_tasks_of(selection: Selection) -> Sequence[ColumnElement[bool]]:
    """The condition for `media_process_history`, in parts as that of `open_tasks_of`.

    A deleted task is its own tenant's alone: nobody has its file, though somebody may enqueue the same bytes again.
    """
    has_outcome: ColumnElement[bool] = true()
    if selection.status:
        # Literals in the text, as an index has them.
        listed = ", ".join(f"'{outcome}'" for outcome in selection.outcomes)
        has_outcome = literal_column(f"outcome IN ({listed})", Boolean) if selection.outcomes else false()
    found = _both(selection, columns=_history, has_status=has_outcome)
    if not selection.tenant:
        return (found,)
    is_tenant = _is_tenant_of(selection)
    is_deleted = _history.outcome == "deleted"
    own = and_(is_tenant(_history.tenant), or_(is_deleted, is_seen_by(media_process_history, is_tenant)))
    return and_(found, own), and_(found, not_(is_deleted), is_of_shared_file(media_process_history, is_tenant))


def _is_tenant_of(selection: Selection) -> IsMeant:
    return lambda tenant: _is_one_of(tenant, selection.tenant)


def is_behind(columns: ColumnCollection[str, Any], cursor: Cursor | None, *, descending: bool) -> ColumnElement[bool]:
    """Whether the row comes after the cursor in the order of `in_order`."""
    if cursor is None:
        return true()
    place = tuple_(columns.created_at, columns.id)
    last = tuple_(literal(cursor.created_at, columns.created_at.type), literal(cursor.id, columns.id.type))
    return place < last if descending else place > last


def in_order(columns: ColumnCollection[str, Any], *, descending: bool) -> tuple[ColumnElement[Any], ...]:
    """What to order rows by."""
    order = (columns.created_at, columns.id)
    return tuple(column.desc() for column in order) if descending else order


@contextmanager
def looking(connection: Connection) -> Iterator[None]:
    """Statements inside may look for a few seconds each, or as long as the transaction's may; until that ends.

    They look along indexes, also where most of what they look through is a tenant's.

    Raises:
        WrongUse: one took longer.
    """
    seconds = min(_LOOK_TIMEOUT, seconds_of(connection) or _LOOK_TIMEOUT)
    connection.execute(statement_timeout(seconds))
    connection.execute(_BY_INDEXES)
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _QUERY_CANCELED:
            raise
        raise WrongUse(
            f"The tasks of this selection were not found within {seconds:g} s: add a word that leaves fewer to look"
            " through, such as newer:1d, status:failed or profile:mp4."
        ) from None


def _has_status(selection: Selection) -> ColumnElement[bool]:
    if not selection.status:
        return true()
    plain = [status for status in selection.open_statuses if status != "exhausted"]
    # Literals in the text, as the indexes have them.
    parts = [f"status = '{status}'" for status in plain]
    if "exhausted" in selection.open_statuses:
        parts.append(EXHAUSTED)
    return literal_column(f"({' OR '.join(parts)})", Boolean) if parts else false()


def _both(
    selection: Selection, *, columns: ColumnCollection[str, Any], has_status: ColumnElement[bool]
) -> ColumnElement[bool]:
    """What tasks that are not done and those of history have in common; who has their files is asked apart."""
    is_owner: ColumnElement[bool] = true() if selection.owner is None else columns.tenant == selection.owner
    if selection.ids:
        return and_(is_among(columns.id, selection.ids), is_owner)
    words = [
        has_status,
        is_owner,
        _is_one_of(columns.error_class, [str(each) for each in selection.class_]),
        _is_one_of(columns.profile, selection.profile),
        _any(_is_of(columns.id, shard) for shard in selection.shard),
        _any(_begins_with(columns.file_id, beginning) for beginning in selection.file),
        *(_any(columns.filename.icontains(part, autoescape=True) for part in parts) for parts in selection.name),
    ]
    if selection.executor:
        words.append(_was_at(columns, selection.executor))
    if selection.older is not None:
        words.append(columns.created_at <= func.now() - timedelta(seconds=selection.older))
    if selection.newer is not None:
        words.append(columns.created_at >= func.now() - timedelta(seconds=selection.newer))
    return and_(*words)


def _any(conditions: Iterator[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether one of these holds; where there are none, the word is not there."""
    found = list(conditions)
    return or_(*found) if found else true()


def _is_one_of(column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    if len(values) == 1:
        # So that an index which begins with the column gives the rows in their order.
        return column == next(iter(values))
    return column == any_(literal(list(values), ARRAY(Text))) if values else true()


def _is_of(task_id: ColumnElement[int], shard: Shard) -> ColumnElement[bool]:
    """In words that let the planner expect many: it would take a shard's tasks for so few that it reads all rows."""
    return func.coalesce(task_id % literal(shard.total) == literal(shard.index), false())


def _begins_with(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    """The range is for the index, in which no digit of a checksum comes behind a `g`."""
    return and_(column >= beginning, column < beginning + "g", column.startswith(beginning))


def _was_at(columns: ColumnCollection[str, Any], executors: Collection[str]) -> ColumnElement[bool]:
    """Whether the task's last attempt was at one of these."""
    of_these = _any(_is_executor(executor) for executor in executors)
    return exists(select(1).where(_attempt.task_id == columns.id, _attempt.attempt == columns.attempt, of_these))


def _is_executor(name: str) -> ColumnElement[bool]:
    """Whether the attempt's executor has this id, or one that begins so, or is on this host."""
    on_host = _attempt.executor_id == any_(
        func.array(select(media_executor.c.id).where(media_executor.c.host == name).scalar_subquery())
    )
    digits = name.replace("-", "").lower()
    if not _ID_DIGITS.fullmatch(digits):
        return on_host
    first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    return or_(on_host, _attempt.executor_id.between(first, last))
