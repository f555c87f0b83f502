"""How an executor's failures compare with its peers: the same tasks there, and what the peers did in the same time."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, func, not_, or_, select

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import AttemptOutcome, Status
from mediaproc.core.outlier import PeerComparison, Record
from mediaproc.db.ids import is_claim_among
from mediaproc.db.schema import media_executor, media_process_attempt, media_process_history

_attempt = media_process_attempt.c
_history = media_process_history.c

# However long the executor has failed, no more of the past is read.
_LONGEST_SPAN = timedelta(days=1)


def compare(
    connection: Connection, *, executor_id: UUID, failed_claims: Collection[UUID], completed: int
) -> PeerComparison:
    """What its peers did since the first of the executor's failed claims began, beside what it did itself.

    `completed` is how many tasks the executor itself did in that time. A peer lives, takes tasks whose source is in the
    same bucket, and does not pause.
    """
    failed_alone, since = connection.execute(
        select(
            func.count(_attempt.task_id.distinct()).filter(not_(_failed_elsewhere(executor_id))),
            func.greatest(func.min(_attempt.started_at), func.now() - _LONGEST_SPAN),
        ).where(is_claim_among(_attempt.claim_token, failed_claims))
    ).one()
    done = (
        select(_history.claimed_by, func.count().label("tasks"))
        .where(_history.finished_at >= since, _history.outcome == Status.COMPLETED)
        .group_by(_history.claimed_by)
        .cte("done")
    )
    failed = (
        select(_attempt.executor_id, func.count(_attempt.task_id.distinct()).label("tasks"))
        .where(
            _attempt.started_at >= since,
            or_(
                _attempt.outcome.in_([AttemptOutcome.FAILED, AttemptOutcome.REJECTED]),
                was_an_outliers(media_process_attempt),
            ),
        )
        .group_by(_attempt.executor_id)
        .cte("failed")
    )
    peer, own = media_executor.alias("peer"), media_executor.alias("own")
    found = connection.execute(
        select(func.coalesce(done.c.tasks, 0).label("completed"), func.coalesce(failed.c.tasks, 0).label("failed"))
        .select_from(peer)
        .join(own, and_(own.c.id == executor_id, or_(peer.c.bucket == own.c.bucket, peer.c.bucket.is_(None))))
        .outerjoin(done, done.c.claimed_by == peer.c.id)
        .outerjoin(failed, failed.c.executor_id == peer.c.id)
        .where(
            peer.c.id != own.c.id,
            peer.c.state == "running",
            not_(peer.c.confined),
            peer.c.heartbeat_at > func.now() - peer.c.lease * timedelta(seconds=1),
        )
    )
    return PeerComparison(
        own=Record(completed=completed, failed=failed_alone),
        peers=[Record(completed=row.completed, failed=row.failed) for row in found],
    )


def was_an_outliers(attempts: FromClause) -> ColumnElement[bool]:
    """Whether an attempt's failure was taken back because its executor was an outlier."""
    return and_(attempts.c.outcome == AttemptOutcome.RELEASED, attempts.c.error_class == str(ErrorClass.OUTLIER))


def _failed_elsewhere(executor_id: UUID) -> ColumnElement[bool]:
    """Whether another executor failed the task as well; the failures of outliers are taken back, and do not count."""
    others = media_process_attempt.alias("others")
    return exists(
        select(1).where(
            others.c.task_id == _attempt.task_id,
            others.c.executor_id != executor_id,
            others.c.outcome.in_([AttemptOutcome.FAILED, AttemptOutcome.REJECTED]),
        )
    )
