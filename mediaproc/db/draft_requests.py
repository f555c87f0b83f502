"""Drafts that were asked for by their URLs: the newest task of each, and the task that goes on with what it brought."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal,
    null,
    select,
    union_all,
)

from mediaproc.core.lifecycle import Status, waits_for_a_person
from mediaproc.db.schema import media_process, media_process_history

_task = media_process.c
_history = media_process_history.c


@dataclass(frozen=True, kw_only=True)
class RequestedTask:
    """A task as its requester sees it; `state` is its status, or its outcome once it is in history.

    Of one that is in history `bucket` and `key` are its rendition's place, `size` bytes and `duration` seconds.
    """

    task_id: int
    tenant: str
    filename: str
    state: str
    attempt: int
    fail_count: int
    progress: float | None
    error: str | None
    file_id: str
    child_id: int | None
    bucket: str | None
    key: str | None
    size: int | None
    duration: float | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether nothing happens to it by itself any more, though it is not done."""
        return self.state in _LIVE and waits_for_a_person(Status(self.state), fail_count=self.fail_count)

    @property
    def goes_on(self) -> bool:
        """Whether it is not done, and something still happens to it by itself."""
        return self.state in _LIVE and not self.waits_for_a_person


@dataclass(frozen=True, kw_only=True)
class DraftRequest:
    """The newest task that brings what was asked for, and the one that draws it, once there is one."""

    bringing: RequestedTask
    drawing: RequestedTask | None = None

    @property
    def task_id(self) -> int:
        """The task that was made for the request."""
        return self.bringing.task_id

    @property
    def latest(self) -> RequestedTask:
        """The one that tells how far it is."""
        return self.drawing or self.bringing

    @property
    def state(self) -> str:
        """That of the latest."""
        return self.latest.state

    @property
    def goes_on(self) -> bool:
        """Whether it is still to end by itself."""
        return self.latest.goes_on


_LIVE = frozenset({Status.PENDING, Status.PROCESSING, Status.FAILED, Status.REJECTED})


def request_key(draft_url: str, *, tenant: str) -> str:
    """What tells requests apart: nobody's request is answered by another tenant's."""
    return hashlib.sha256(f"{tenant}\n{draft_url}".encode()).hexdigest()


def hold_request(connection: Connection, *, key: str) -> None:
    """Keep others from making a task for the same request until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("key", key, type_=Text), 0))))


def newest_request(connection: Connection, *, key: str) -> DraftRequest | None:
    """The request as it stands now."""
    return _request(connection, _tasks(_task.request_key == key, _history.request_key == key))


def request_of_task(connection: Connection, *, task_id: int, tenant: str | None) -> DraftRequest | None:
    """The request that this task was made for, if it is one of this tenant (None: any)."""
    live = and_(_task.id == task_id, _task.request_key.is_not(None))
    found = _request(connection, _tasks(live, and_(_history.id == task_id, _history.request_key.is_not(None))))
    return found if found is None or tenant in {None, found.bringing.tenant} else None


def _request(connection: Connection, statement: Select[Any]) -> DraftRequest | None:
    bringing = _one(connection, statement)
    if bringing is None:
        return None
    child = bringing.child_id
    drawing = None if child is None else _one(connection, _tasks(_task.id == child, _history.id == child))
    return DraftRequest(bringing=bringing, drawing=drawing)


def _one(connection: Connection, statement: Select[Any]) -> RequestedTask | None:
    row = connection.execute(statement).first()
    return None if row is None else RequestedTask(**_fields(row))


def _fields(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own name of it


def _tasks(live: ColumnElement[bool], ended: ColumnElement[bool]) -> Select[Any]:
    """The newest of the tasks for which the one or the other holds."""
    working = select(
        _task.id.label("task_id"),
        _task.tenant,
        _task.filename,
        _task.status.label("state"),
        _task.attempt,
        _task.fail_count,
        _task.progress,
        _task.error,
        _task.file_id,
        null().cast(_history.child_id.type).label("child_id"),
        null().cast(Text).label("bucket"),
        null().cast(Text).label("key"),
        null().cast(_history.output_size.type).label("size"),
        null().cast(_history.duration.type).label("duration"),
        _task.created_at,
        _task.updated_at,
        _task.claimed_at.label("started_at"),
        null().cast(_history.finished_at.type).label("ended_at"),
    ).where(live)
    done = select(
        _history.id,
        _history.tenant,
        _history.filename,
        _history.outcome,
        _history.attempt,
        _history.fail_count,
        literal(1.0).cast(_task.progress.type),
        _history.error,
        _history.file_id,
        _history.child_id,
        _history.output_bucket,
        _history.output_key,
        _history.output_size,
        _history.duration,
        _history.created_at,
        _history.finished_at.label("updated_at"),
        _history.claimed_at,
        _history.finished_at,
    ).where(ended)
    found = union_all(working, done).subquery("requested_tasks")
    return select(found).order_by(found.c.task_id.desc()).limit(1)
