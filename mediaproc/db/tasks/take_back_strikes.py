"""Take strikes back: of an executor that was cut off, and of one that fails what others do."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    select,
    update,
)

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import RELEASE_LIMIT, AttemptOutcome, Status
from mediaproc.core.outlier import TAKE_BACK_LIMIT
from mediaproc.db.ids import is_among, is_claim_among
from mediaproc.db.notifications import notify_due
from mediaproc.db.schema import media_process, media_process_attempt, media_process_history
from mediaproc.db.tasks.peer_comparison import was_an_outliers
from mediaproc.db.tasks.row_locks import await_row, lock_free_rows

_task = media_process.c
_attempt = media_process_attempt.c
_history = media_process_history.c

_NOTE = " Taken back: the executor failed this and other tasks while others did theirs."

# Tasks whose rows are locked at a time: a few milliseconds.
_BATCH = 500


def take_back_strike(connection: Connection, *, task_id: int, claim_token: UUID) -> bool:
    """Take back the strike that compensation gave a task whose executor was cut off and fenced itself.

    One statement: the attempt turns from lost to released and, exactly when that changed a row, `fail_count` falls by
    one, in history if the task has ended since. A task that waited for a person may be due again by that, and listeners
    are notified. A second call changes nothing; a task whose strikes were taken back too often keeps this one. Returns
    whether the strike was taken back.
    """
    # Else a strike that is committed while this statement waits would raise `fail_count` without being counted by it.
    await_row(connection, task_id=task_id)
    returned = (
        update(media_process_attempt)
        .where(
            _attempt.claim_token == claim_token,
            _attempt.task_id == task_id,
            _attempt.outcome == AttemptOutcome.LOST,
            _taken_back_before(task_id) < RELEASE_LIMIT,
        )
        .values(outcome=AttemptOutcome.RELEASED)
        .returning(_attempt.task_id, _attempt.attempt)
        .cte("returned_attempt")
    )
    younger_strikes = _younger_strikes(returned)
    lowered = (
        update(media_process)
        .where(_task.id == returned.c.task_id, _task.fail_count > younger_strikes)
        .values(
            fail_count=_task.fail_count - 1,
            # A task without a strike has not failed; one in processing keeps its claim.
            status=case((_task.status == Status.FAILED, str(Status.PENDING)), else_=_task.status),
            updated_at=func.now(),
        )
        .returning(_task.id, _task.status, _task.next_attempt_at)
        .cte("lowered_task")
    )
    lowered_in_history = (
        update(media_process_history)
        .where(_history.id == returned.c.task_id, _history.fail_count > younger_strikes)
        .values(fail_count=_history.fail_count - 1)
        .cte("lowered_history")
    )
    is_due = and_(lowered.c.status == Status.PENDING, lowered.c.next_attempt_at <= func.now())
    told = select(returned.c.task_id, case((is_due, notify_due(lowered.c.id)))).outerjoin_from(
        returned, lowered, lowered.c.id == returned.c.task_id
    )
    return connection.execute(told.add_cte(lowered_in_history)).first() is not None


def _taken_back_before(task_id: int) -> ScalarSelect[int]:
    """How many strikes for lost leases of the task were taken back since a person last retried it."""
    before = media_process_attempt.alias("attempt_before")
    retried_after = func.coalesce(select(_task.retried_after).where(_task.id == task_id).scalar_subquery(), 0)
    return (
        select(func.count())
        .where(
            before.c.task_id == task_id,
            before.c.attempt > retried_after,
            before.c.outcome == AttemptOutcome.RELEASED,
            before.c.error_class == str(ErrorClass.LOST),
        )
        .scalar_subquery()
    )


def take_back_failures(connection: Connection, *, claim_tokens: Collection[UUID]) -> int:
    """Take back the failures of an executor that fails what other executors do.

    Each attempt turns from failed or rejected to released, with a note, and its strike no longer counts, in history
    either. A task that such an attempt left failed or rejected, even for good, is due at once; a task that another
    executor has claimed since keeps that claim. A second call changes nothing. A task whose row another session has
    locked is left to a later call; strikes beyond the limit stay. Returns how many tasks were changed, at most a batch.
    """
    of_free_tasks = is_among(_attempt.task_id, _free_tasks(connection, claim_tokens=claim_tokens))
    struck = _struck(claim_tokens).where(of_free_tasks).cte("struck_attempts")
    returned = (
        update(media_process_attempt)
        .where(_attempt.claim_token == struck.c.claim_token, _attempt.outcome == struck.c.outcome)
        .values(outcome=AttemptOutcome.RELEASED, error_class=str(ErrorClass.OUTLIER), error=_attempt.error + _NOTE)
        .returning(struck.c.task_id, struck.c.attempt, struck.c.outcome, struck.c.younger_strikes)
        .cte("returned_attempts")
    )
    is_left_so = and_(
        _task.status.in_([Status.FAILED, Status.REJECTED]),
        # What a person has rejected since stays so.
        _task.error_class != str(ErrorClass.BY_PERSON),
        exists(select(1).where(returned.c.task_id == _task.id, returned.c.attempt == _task.attempt)),
    )
    lowered = (
        update(media_process)
        .where(_task.id.in_(select(returned.c.task_id)))
        .values(
            fail_count=_task.fail_count - _counted(returned, task=media_process),
            status=case((is_left_so, str(Status.PENDING)), else_=_task.status),
            next_attempt_at=case((is_left_so, func.now()), else_=_task.next_attempt_at),
            error_class=case((is_left_so, str(ErrorClass.OUTLIER)), else_=_task.error_class),
            error=case((is_left_so, _task.error + _NOTE), else_=_task.error),
            updated_at=func.now(),
        )
        .returning(_task.id, _task.status, _task.next_attempt_at)
        .cte("lowered_tasks")
    )
    lowered_in_history = (
        update(media_process_history)
        .where(_history.id.in_(select(returned.c.task_id)))
        .values(fail_count=_history.fail_count - _counted(returned, task=media_process_history))
        .cte("lowered_history")
    )
    may_be_due = and_(lowered.c.status.in_([Status.PENDING, Status.FAILED]), lowered.c.next_attempt_at <= func.now())
    told = select(returned.c.task_id, case((may_be_due, notify_due(lowered.c.id)))).outerjoin_from(
        returned, lowered, lowered.c.id == returned.c.task_id
    )
    return len({row.task_id for row in connection.execute(told.add_cte(lowered_in_history))})


def _free_tasks(connection: Connection, *, claim_tokens: Collection[UUID]) -> Collection[int]:
    """The tasks to change, their rows locked now, so that no other session writes to one before the next statement."""
    tasks = _struck(claim_tokens).with_only_columns(_attempt.task_id).distinct().limit(_BATCH)
    return lock_free_rows(connection, task_ids=connection.scalars(tasks).all())


def _struck(claim_tokens: Collection[UUID]) -> Select[Any]:
    """The attempts of these claims whose failure counts and may be taken back."""
    earlier = media_process_attempt.alias("earlier")
    retried_after = (
        select(_task.retried_after)
        .where(_task.id == _attempt.task_id)
        .correlate(media_process_attempt)
        .scalar_subquery()
    )
    taken_back_before = (
        select(func.count())
        .where(
            earlier.c.task_id == _attempt.task_id,
            earlier.c.attempt > func.coalesce(retried_after, 0),
            was_an_outliers(earlier),
        )
        .correlate(media_process_attempt)
        .scalar_subquery()
    )
    return select(
        _attempt.claim_token,
        _attempt.task_id,
        _attempt.attempt,
        _attempt.outcome,
        _younger_strikes(media_process_attempt).label("younger_strikes"),
    ).where(
        is_claim_among(_attempt.claim_token, claim_tokens),
        _attempt.outcome.in_([AttemptOutcome.FAILED, AttemptOutcome.REJECTED]),
        taken_back_before < TAKE_BACK_LIMIT,
    )


def _younger_strikes(attempts: FromClause) -> ScalarSelect[int]:
    """How many strikes of its task are younger than each attempt.

    A person's retry sets `fail_count` to 0: a strike counts exactly when fewer than `fail_count` strikes are younger.
    """
    strike = media_process_attempt.alias("strike")
    return (
        select(func.count())
        .where(
            strike.c.task_id == attempts.c.task_id,
            strike.c.attempt > attempts.c.attempt,
            strike.c.outcome.in_([AttemptOutcome.FAILED, AttemptOutcome.LOST]),
        )
        .correlate(attempts)
        .scalar_subquery()
    )


def _counted(returned: CTE, *, task: Table) -> ScalarSelect[int]:
    """How many of the returned attempts' strikes are among those that the task's `fail_count` counts."""
    return (
        select(func.count())
        .where(
            returned.c.task_id == task.c.id,
            returned.c.outcome == AttemptOutcome.FAILED,
            returned.c.younger_strikes < task.c.fail_count,
        )
        .scalar_subquery()
    )
