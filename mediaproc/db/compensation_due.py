"""Whether there is anything to do for a pass of the compensation: one statement, since most passes find nothing."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Interval, Select, Text, bindparam, exists, not_, or_, select

from mediaproc.db import executor_registry, files, resumable_uploads
from mediaproc.db.control import Control, control_columns, control_of, is_in_force, work_values
from mediaproc.db.schema import (
    media_executor,
    media_files,
    media_pause,
    media_process,
    media_process_attempt,
    media_resumable_upload,
)
from mediaproc.db.tasks import expired_leases, sweep


@dataclass(frozen=True, kw_only=True)
class CompensationDue:
    """What a pass finds; it `holds_off` from failing a task while the database was started lately."""

    holds_off: bool
    leases_ran_out: bool
    losers_outputs: bool
    unfinished_uploads: bool
    stale_executors: bool
    ended_pauses: bool
    # What came with it: a statement less for an executor that is idle.
    control: Control | None = field(default=None, compare=False)


def compensation_due(connection: Connection, *, hold_off: float, bucket: str, given_up_after: float) -> CompensationDue:
    """What is to be done at all; uploads count that gave no sign of life for `given_up_after` seconds."""
    given = {"hold_off": timedelta(seconds=hold_off), **work_values(bucket, given_up_after)}
    row = connection.execute(_statement(), given).one()
    return CompensationDue(
        holds_off=row.holds_off,
        leases_ran_out=row.leases_ran_out,
        losers_outputs=row.losers_outputs,
        unfinished_uploads=row.unfinished_uploads,
        stale_executors=row.stale_executors,
        ended_pauses=row.ended_pauses,
        control=control_of(row),
    )


@lru_cache(maxsize=1)
def _statement() -> Select[Any]:
    bucket = bindparam("own_bucket", type_=Text)
    uploads = files.is_unfinished(bucket=bucket, older_than=bindparam("given_up_after", type_=Interval))
    return select(
        not_(expired_leases.database_is_settled(bindparam("hold_off", type_=Interval))).label("holds_off"),
        _any(media_process, expired_leases.has_run_out()).label("leases_ran_out"),
        _any(media_process_attempt, sweep.is_left_by_a_loser(bucket=bucket)).label("losers_outputs"),
        or_(_any(media_files, uploads), _any(media_resumable_upload, resumable_uploads.is_left(bucket=bucket))).label(
            "unfinished_uploads"
        ),
        _any(media_executor, executor_registry.is_stale()).label("stale_executors"),
        _any(media_pause, not_(is_in_force())).label("ended_pauses"),
        *control_columns(),
    )


def _any(table: Any, where: ColumnElement[bool]) -> ColumnElement[bool]:  # noqa: ANN401 - any table
    return exists(select(1).select_from(table).where(where))
