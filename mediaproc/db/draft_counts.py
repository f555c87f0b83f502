"""How many drafts wait, are worked on, and came to their end of late, for whoever asks before handing in more."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from mediaproc.core.lifecycle import FAIL_LIMIT, Status
from mediaproc.db.schema import media_process, media_process_history

_task = media_process.c
_history = media_process_history.c

# Of what is done; older rows are not read.
_OF_LATE = timedelta(hours=48)
_BRINGING, _DRAWING = "draft-fetch", "draft"


@dataclass(frozen=True, kw_only=True)
class DraftCounts:
    """Those of one tenant, or of all; `completed` within the last 48 hours, `average` their seconds from the first."""

    pending: int
    processing: int
    failed: int
    completed: int
    average: float | None


def draft_counts(connection: Connection, *, tenant: str | None) -> DraftCounts:
    """Counted as they stand now; a draft that is brought and one that is drawn count as one each."""
    waits_for_a_person = or_(
        _task.status == Status.REJECTED, and_(_task.status == Status.FAILED, _task.fail_count >= FAIL_LIMIT)
    )
    # A first attempt has not begun.
    is_pending = and_(_task.status == Status.PENDING, _task.attempt == 0, _task.profile == _BRINGING)
    live = connection.execute(
        select(
            func.count().filter(is_pending),
            func.count().filter(waits_for_a_person),
            func.count(),
        ).where(_task.profile.in_((_BRINGING, _DRAWING)), *_of(tenant, _task.tenant))
    ).one()
    done = connection.execute(
        select(func.count(), func.avg(func.extract("epoch", _history.finished_at - _history.created_at))).where(
            _history.profile == _DRAWING,
            _history.outcome == Status.COMPLETED,
            _history.finished_at > func.now() - _OF_LATE,
            *_of(tenant, _history.tenant),
        )
    ).one()
    pending, failed, every = live
    return DraftCounts(
        pending=pending,
        processing=every - pending - failed,
        failed=failed,
        completed=done[0],
        average=None if done[1] is None else float(done[1]),
    )


def _of(tenant: str | None, column: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    return () if tenant is None else (column == tenant,)
