"""What a caller of capcut-mate's API is told of a draft: one status for the task that brings it and the one that draws.

Its statuses are fewer than ours. What failed and is tried again is `processing`; what waits for a person has `failed`.
"""

from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.lifecycle import Status

# Per cent, as capcut-mate counts: begun, brought, drawing, drawn.
_BEGUN, _BROUGHT, _DRAWING, _DRAWN, _DONE = 10, 40, 50, 95, 100

_CANCELLED = "The task was cancelled."
_DELETED = "The draft, or the video that was made of it, was deleted."


class ToldStatus(StrEnum):
    """As capcut-mate has them."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """What counts of a task; `state` is its status, or its outcome once it is in history; times since 1970 (s)."""

    state: str
    waits_for_a_person: bool
    attempted: bool
    progress: float | None
    error: str | None
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """Status and progress (per cent) of a draft; `error` is a sentence, empty unless it failed; times as above."""

    status: ToldStatus
    progress: int
    error: str = ""
    started_at: float | None = None
    ended_at: float | None = None


def told(bringing: TaskState, drawing: TaskState | None) -> Told:
    """Where the draft is; without `drawing` it is not brought yet, or what would draw it is gone."""
    if bringing.state == Status.COMPLETED and drawing is None:
        return Told(status=ToldStatus.FAILED, progress=0, error=_DELETED, started_at=bringing.started_at)
    latest = drawing or bringing
    started_at = bringing.started_at or latest.started_at
    if latest.state == Status.COMPLETED:
        return Told(status=ToldStatus.COMPLETED, progress=_DONE, started_at=started_at, ended_at=latest.ended_at)
    failure = _failure(latest)
    if failure is not None:
        return Told(
            status=ToldStatus.FAILED, progress=0, error=failure, started_at=started_at, ended_at=latest.ended_at
        )
    if drawing is None and bringing.state == Status.PENDING and not bringing.attempted:
        return Told(status=ToldStatus.PENDING, progress=0)
    return Told(status=ToldStatus.PROCESSING, progress=_progress(bringing, drawing), started_at=started_at)


def _failure(task: TaskState) -> str | None:
    if task.waits_for_a_person:
        return task.error or "It failed."
    if task.state == Status.CANCELLED:
        return _CANCELLED
    return _DELETED if task.state == "deleted" else None


def _progress(bringing: TaskState, drawing: TaskState | None) -> int:
    if drawing is None:
        return _between(_BEGUN, _BROUGHT, bringing)
    return _BROUGHT if drawing.state != Status.PROCESSING else _between(_DRAWING, _DRAWN, drawing)


def _between(low: int, high: int, task: TaskState) -> int:
    return low + int((high - low) * (task.progress or 0.0))
