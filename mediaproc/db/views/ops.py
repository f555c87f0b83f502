"""The views of the schema ops, as values; their SQL is frozen in migrations/views."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from mediaproc.core.health import MOST_COUNTED
from mediaproc.db.schema.conditions import CLAIMABLE, IS_PROCESSING, WAITS_FOR_A_PERSON
from mediaproc.db.views.lines import lines


@dataclass(frozen=True, kw_only=True)
class BacklogLine:
    """Tasks of one status and profile that wait for the same thing."""

    status: str
    profile: str
    waits_for: str
    tasks: int
    # Whether only so many of the tasks that wait for this were counted, and there are more.
    more: bool
    oldest_created_at: datetime
    oldest_age: timedelta
    next_attempt_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class WorkingLine:
    """A task that an executor works on; `percent`, its rate and `ready_in` are None before the transcode begins."""

    task_id: int
    filename: str
    profile: str
    attempt: int
    host: str | None
    pid: int | None
    executor_id: UUID
    shard_index: int | None
    shard_total: int | None
    claimed_at: datetime
    working_for: timedelta
    percent: float | None
    percent_per_minute: float | None
    ready_in: timedelta | None
    lease_expires_at: datetime
    lease_ran_out: bool


@dataclass(frozen=True, kw_only=True)
class RegisteredExecutor:
    """An executor's registration, without what changes at each heartbeat."""

    executor_id: UUID
    host: str
    pid: int
    shard_index: int
    shard_total: int
    slots: int
    busy: int
    state: str
    paused_for: str | None
    sandbox: str | None
    version: str
    started_at: datetime


@dataclass(frozen=True, kw_only=True)
class Executor(RegisteredExecutor):
    """An executor's registration, and when it was last seen."""

    heartbeat_at: datetime
    last_seen: timedelta
    confined: bool
    # Whether its shard's numbers are those of now, which follow from the executors that live.
    shard_is_auto: bool


@dataclass(frozen=True, kw_only=True)
class ExecutorLine(Executor):
    """An executor that was seen within the last week, and how many tasks it has claimed."""

    tasks: int


# Each part walks an index, and ends with the first task that is not counted any more.
_BACKLOG = f"""
WITH counted AS (
    (SELECT status, profile, 'its executor' AS waits_for, created_at, NULL::timestamptz AS next_attempt_at
     FROM media_process WHERE {IS_PROCESSING} LIMIT :most + 1)
    UNION ALL
    (SELECT status, profile, 'a person', created_at, next_attempt_at
     FROM media_process WHERE ({WAITS_FOR_A_PERSON}) ORDER BY updated_at LIMIT :most + 1)
    UNION ALL
    (SELECT status, profile, 'its backoff', created_at, next_attempt_at
     FROM media_process WHERE {CLAIMABLE} AND next_attempt_at > now() ORDER BY next_attempt_at, id LIMIT :most + 1)
    UNION ALL
    (SELECT status, profile, 'a free slot', created_at, next_attempt_at
     FROM media_process WHERE {CLAIMABLE} AND next_attempt_at <= now() ORDER BY next_attempt_at, id LIMIT :most + 1)
)
SELECT status, profile, waits_for, least(count(*), :most) AS tasks,
    sum(count(*)) OVER (PARTITION BY waits_for) > :most AS more,
    min(created_at) AS oldest_created_at, now() - min(created_at) AS oldest_age, min(next_attempt_at) AS next_attempt_at
FROM counted GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608 - our own conditions


def backlog(connection: Connection) -> list[BacklogLine]:
    """What is not done yet, by what it waits for: as the view, but of the tasks that wait for one thing the oldest.

    So many of each are counted as `MOST_COUNTED`. The view counts all, which for a long queue takes long.
    """
    return lines(connection, BacklogLine, _BACKLOG, most=MOST_COUNTED)


def working(connection: Connection) -> list[WorkingLine]:
    """What runs, the longest first."""
    return lines(connection, WorkingLine, "SELECT * FROM ops.working ORDER BY claimed_at, task_id")


def working_on(connection: Connection, *, task_id: int) -> list[WorkingLine]:
    """The same of one task, as long as it runs."""
    return lines(connection, WorkingLine, "SELECT * FROM ops.working WHERE task_id = :task_id", task_id=task_id)


def executors(connection: Connection, *, seen_within: timedelta, most: int | None = None) -> list[ExecutorLine]:
    """Executors that live or lived lately, by shard; where there are more than `most`, those that were seen last."""
    return lines(
        connection,
        ExecutorLine,
        "SELECT * FROM (SELECT * FROM ops.executors WHERE last_seen < :seen_within ORDER BY heartbeat_at DESC"
        " LIMIT :most) AS executor ORDER BY shard_total, shard_index, started_at",
        seen_within=seen_within,
        most=most,
    )


def executor_states(connection: Connection, *, seen_within: timedelta) -> Mapping[str, int]:
    """How many executors that live or lived lately are in each state; it reads no task."""
    rows = connection.execute(
        text("SELECT state, count(*) AS executors FROM ops.executors WHERE last_seen < :seen_within GROUP BY state"),
        {"seen_within": seen_within},
    )
    return {row.state: row.executors for row in rows}


def living_on(connection: Connection, *, host: str) -> list[Executor]:
    """The executors of one host that were seen within their lease.

    It reads no task: the healthchecks of all nodes run it often, also while the queue is long. The columns are named
    to leave out the one for which the view counts tasks.
    """
    return lines(
        connection,
        Executor,
        f"SELECT {', '.join(field.name for field in fields(Executor))} FROM ops.executors"  # noqa: S608 - our own names
        " WHERE host = :host AND state NOT IN ('stopped', 'gone') ORDER BY started_at",
        host=host,
    )


# From the begin of the first hour that is counted. An attempt takes half a day at most, as in the view.
_SINCE = "date_trunc('hour', now() - make_interval(hours => :hours)) + interval '1 hour'"
_DONE = f"""
SELECT completed, rejected, failed, seconds_of_video
FROM (
    SELECT count(*) AS completed, coalesce(sum(duration), 0)::float AS seconds_of_video
    FROM media_process_history WHERE finished_at >= {_SINCE} AND outcome = 'completed'
) AS tasks
CROSS JOIN (
    SELECT count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
        count(*) FILTER (WHERE outcome IN ('failed', 'lost')) AS failed
    FROM media_process_attempt
    WHERE started_at >= {_SINCE} - interval '12 hours' AND finished_at >= {_SINCE}
) AS attempts
"""  # noqa: S608 - our own times


def done_per_hour(connection: Connection, *, hours: int) -> Mapping[str, float]:
    """Sums over the last `hours` hours of `ops.done_per_hour`, the present hour included.

    The view itself reads two days, whichever hours are asked for, and PostgreSQL may take a second to compile it.
    """
    row = connection.execute(text(_DONE), {"hours": hours}).one()
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name, underscored to keep off columns
