"""How the tests of the task table end an attempt: completed, set back, or lost with its lease."""

from sqlalchemy import Connection, Engine, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Rejected, Released, Setback, verdict
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.tasks.expired_leases import fail_expired_leases
from mediaproc.db.tasks.settle import settle_completed, settle_setback
from tests.db.task_rows import rendition

REPORT = Report(stage_seconds={"transcode": 1.5}, cpu_seconds=1.25, log_tail="the end")
FAILED = Failed(error_class=ErrorClass.TRANSCODE_FAILED, error="It did not work.")
REJECTED = Rejected(error_class=ErrorClass.UNREADABLE, error="It is no video.")
RELEASED = Released(error_class=ErrorClass.STORE_UNAVAILABLE, error="The store is away.", delay=30)


def complete(connection: Connection, task: ClaimedTask) -> bool:
    return settle_completed(
        connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=REPORT
    )


def set_back(connection: Connection, task: ClaimedTask, *, setback: Setback = FAILED, base: float = 10) -> bool:
    decided = verdict(setback, fail_count=task.fail_count, policy=task_failure(base=base, cap=3600), jitter=1.0)
    return settle_setback(connection, task_id=task.id, claim_token=task.claim_token, verdict=decided, report=REPORT)


def lose(engine: Engine) -> int:
    """Let every lease run out and compensate; returns how many claims were lost."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE media_process SET lease_expires_at = now() - interval '1 s' WHERE status = 'processing'")
        )
        return len(fail_expired_leases(connection, hold_off=0))
