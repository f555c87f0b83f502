"""Fail the claims whose lease ran out or whose executor is dead; any executor may do so, no leader is needed.

A task is released instead whose executor had announced its drain, or whose attempt only waited for a slot: neither is
the task's fault.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    func,
    not_,
    null,
    select,
    text,
    update,
)

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import FAIL_LIMIT, AttemptOutcome, Status, release_limit
from mediaproc.core.message import MessageType
from mediaproc.db.executor_locks import holds_lock
from mediaproc.db.notifications import notify_due
from mediaproc.db.outbox import TASK_COLUMNS, tell_of_task
from mediaproc.db.schema import media_executor, media_process, media_process_attempt
from mediaproc.db.schema.conditions import IS_PROCESSING
from mediaproc.db.tasks.release import releases_before
from mediaproc.db.tasks.row_locks import unlocked
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c
_attempt = media_process_attempt.c
_executor = media_executor.c

_SILENT = "The executor that worked on it did not renew its lease: it died, or was cut off."
_DEAD = "The executor that worked on it died."
_LEFT = "The executor that worked on it was told to end, and could not give it back any more."
_WAITED = "The executor died, or was cut off, while the task waited there for a slot."


@dataclass(frozen=True, kw_only=True)
class LostClaim:
    """A claim that compensation ended; `fail_count` is the task's, with the strike for the loss if there is one."""

    task_id: int
    claim_token: UUID
    claimed_by: UUID
    attempt: int
    fail_count: int


def fail_expired_leases(connection: Connection, *, hold_off: float) -> list[LostClaim]:
    """Fail each claim whose lease has run out, with a strike, or release it; its task is due at once. Returns them.

    Fails nothing while the database has been up for less than `hold_off` seconds: executors could not renew while it
    was down. The UPDATE repeats the guard with the token that the SELECT saw, so that a renewal or a settling between
    the two wins. A row that another session has locked is left to a later pass.
    """
    whose = and_(_task.lease_expires_at < func.now(), database_is_settled(timedelta(seconds=hold_off)))
    return _lose(connection, whose=whose, sentence=_SILENT)


def has_run_out() -> ColumnElement[bool]:
    """Whether the task's claim has lost its lease."""
    return and_(text(IS_PROCESSING), _task.lease_expires_at < func.now())


def database_is_settled(hold_off: timedelta | BindParameter[timedelta]) -> ColumnElement[bool]:
    """Whether the database has been up for so long."""
    return func.pg_postmaster_start_time() < func.now() - hold_off


def fail_claims_of_dead(connection: Connection, *, dead: Collection[UUID]) -> list[LostClaim]:
    """Fail or release the claims of executors that are proven dead, as `fail_expired_leases`, whatever their leases.

    The statement checks once more that their locks are gone: an executor that has its lock again keeps its claims. A
    row that another session has locked is left to a later call.
    """
    return _lose(connection, whose=_is_held_by(dead), sentence=_DEAD)


def still_held_by(connection: Connection, *, dead: Collection[UUID]) -> frozenset[UUID]:
    """Those of the dead executors that hold a claim which `fail_claims_of_dead` had to skip."""
    held = select(_task.claimed_by).where(_task.status == Status.PROCESSING, _is_held_by(dead))
    return frozenset(connection.scalars(held))


def _is_held_by(dead: Collection[UUID]) -> ColumnElement[bool]:
    return and_(_task.claimed_by.in_(dead), not_(holds_lock(_task.claimed_by)))


def _is_left_by_a_drain() -> ColumnElement[bool]:
    said_so = exists(
        select(1)
        .where(_executor.id == _task.claimed_by, _executor.state.in_(["draining", "stopped"]))
        .correlate(media_process)
    )
    return and_(said_so, releases_before(ErrorClass.DRAINED) < release_limit(ErrorClass.DRAINED))


def _only_waited() -> ColumnElement[bool]:
    waits = exists(
        select(1)
        .where(_attempt.claim_token == _task.claim_token, _attempt.waits_since.is_not(None))
        .correlate(media_process)
    )
    return and_(waits, releases_before(ErrorClass.LOST) < release_limit(ErrorClass.LOST))


def _lose(connection: Connection, *, whose: ColumnElement[bool], sentence: str) -> list[LostClaim]:
    held = (
        select(
            _task.id.label("task_id"),
            _task.claim_token,
            _task.claimed_by,
            # Why it is released, with no strike; null where the loss is one.
            case(
                (_is_left_by_a_drain(), str(ErrorClass.DRAINED)), (_only_waited(), str(ErrorClass.LOST)), else_=null()
            ).label("released_for"),
        )
        .where(_task.status == Status.PROCESSING, whose)
        .cte("forfeited_claims")
    )
    free = unlocked(held)
    is_released = free.c.released_for.is_not(None)
    lost = (
        update(media_process)
        .where(
            # The guard again: a renewal or a settling after the SELECT has won.
            and_(_task.id == free.c.task_id, _task.claim_token == free.c.claim_token, whose)
        )
        .values(
            **UNCLAIMED,
            status=case((is_released, str(Status.PENDING)), else_=str(Status.FAILED)),
            fail_count=_task.fail_count + case((is_released, 0), else_=1),
            next_attempt_at=func.now(),
            error_class=case((is_released, _task.error_class), else_=str(ErrorClass.LOST)),
            error=case((is_released, _task.error), else_=sentence),
        )
        .returning(*(_task[name] for name in TASK_COLUMNS), free.c.claim_token, free.c.claimed_by, free.c.released_for)
        .cte("lost_tasks")
    )
    released_for = lost.c.released_for
    recorded = (
        update(media_process_attempt)
        .where(_attempt.claim_token == lost.c.claim_token)
        .values(
            outcome=case((released_for.is_not(None), str(AttemptOutcome.RELEASED)), else_=str(AttemptOutcome.LOST)),
            finished_at=func.now(),
            error_class=func.coalesce(released_for, str(ErrorClass.LOST)),
            error=case(
                (released_for == str(ErrorClass.DRAINED), _LEFT),
                (released_for == str(ErrorClass.LOST), _WAITED),
                else_=sentence,
            ),
        )
        .cte("lost_attempts")
    )
    told = tell_of_task(
        lost, type_=MessageType.EXHAUSTED, where=released_for.is_(None) & (lost.c.fail_count >= FAIL_LIMIT)
    )
    shown = (lost.c.id, lost.c.attempt, lost.c.fail_count, lost.c.claim_token, lost.c.claimed_by)
    rows = connection.execute(select(*shown, notify_due(lost.c.id)).add_cte(recorded, told))
    return [
        LostClaim(
            task_id=row.id,
            claim_token=row.claim_token,
            claimed_by=row.claimed_by,
            attempt=row.attempt,
            fail_count=row.fail_count,
        )
        for row in rows
    ]
