"""The views of the schema ops, as values; their SQL is frozen in migrations/views."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, func, select, text

from mediaproc.core.health import MOST_COUNTED, Figures, Kind, Living
from mediaproc.core.pause import Pause, pause_of_executor
from mediaproc.db.control import Control, read_control
from mediaproc.db.schema import media_executor, media_process
from mediaproc.db.schema.conditions import CLAIMABLE, EXHAUSTED, IS_PROCESSING, WAITS_FOR_A_PERSON
from mediaproc.db.views.lines import lines

_task = media_process.c
_executor = media_executor.c
_ALIVE = frozenset({"running", "paused", "draining"})


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
class Executor:
    """An executor's registration, and when it was last seen."""

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


def executors(connection: Connection, *, seen_within: timedelta) -> list[ExecutorLine]:
    """Executors that live or lived lately, by shard."""
    return lines(
        connection,
        ExecutorLine,
        "SELECT * FROM ops.executors WHERE last_seen < :seen_within ORDER BY shard_total, shard_index, started_at",
        seen_within=seen_within,
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


def done_per_hour(connection: Connection, *, hours: int) -> Mapping[str, float]:
    """Sums over the last `hours` hours of `ops.done_per_hour`, the present hour included."""
    row = connection.execute(
        text(
            "SELECT sum(completed)::bigint AS completed, sum(rejected)::bigint AS rejected,"
            " sum(failed + lost)::bigint AS failed, sum(seconds_of_video)::float AS seconds_of_video"
            " FROM ops.done_per_hour WHERE hour > now() - make_interval(hours => :hours)"
        ),
        {"hours": hours},
    ).one()
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name, underscored to keep off columns


def figures(connection: Connection, *, overdue_by: float = 60.0) -> Figures:
    """The figures for the site's health; a claim counts as abandoned `overdue_by` seconds after its lease ran out."""
    overdue = _task.lease_expires_at < func.now() - timedelta(seconds=overdue_by)
    abandoned = _count(connection, select(_task.id).where(text(IS_PROCESSING), overdue))
    out_of_tries = _count(connection, select(_task.id).where(text(EXHAUSTED)).order_by(_task.updated_at))
    # The longest due come first, so that `due_since` is right however many there are.
    longest_due = (
        select(_task.bucket, _task.profile, _task.needs_decoders, _task.next_attempt_at)
        .where(text(CLAIMABLE), _task.next_attempt_at <= func.now())
        .order_by(_task.next_attempt_at, _task.id)
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    kind = (longest_due.c.bucket, longest_due.c.profile, longest_due.c.needs_decoders)
    due_since = func.extract("epoch", func.now() - func.min(longest_due.c.next_attempt_at)).label("due_since")
    due = connection.execute(
        select(*kind, func.count().label("tasks"), due_since).group_by(*kind).order_by(func.count().desc())
    ).all()
    control = _control(connection)
    paused_profiles = {pause.scope.profile for pause in control.pauses}
    return Figures(
        due=sum(row.tasks for row in due),
        # What is paused may wait.
        oldest_due=max((float(row.due_since) for row in due if row.profile not in paused_profiles), default=None),
        abandoned=abandoned,
        out_of_tries=out_of_tries,
        executors=living(connection),
        kinds=[
            Kind(
                bucket=row.bucket,
                profile=row.profile,
                tasks=row.tasks,
                needs_decoders=frozenset(row.needs_decoders or ()),
            )
            for row in due
        ],
        pauses=control.sentences,
    )


def _control(connection: Connection) -> Control:
    # Whether there is work for a schedule is not asked for here.
    return read_control(connection, bucket="", given_up_after=0.0)


def living(connection: Connection) -> list[Living]:
    """The executors that live, and what each can work on."""
    seen = [line for line in executors(connection, seen_within=timedelta(days=1)) if line.state in _ALIVE]
    reach = _reach(connection, executors=[line.executor_id for line in seen])
    pauses = _control(connection).pauses
    return [
        Living(
            name=f"{line.host} (pid {line.pid})",
            shard_index=line.shard_index,
            shard_total=line.shard_total,
            slots=line.slots,
            busy=line.busy,
            paused_for=line.paused_for,
            confined=line.confined,
            shard_is_auto=line.shard_is_auto,
            age=(line.last_seen + line.heartbeat_at - line.started_at).total_seconds(),
            seen_ago=line.last_seen.total_seconds(),
            is_leaving=line.state == "draining",
            id=str(line.executor_id),
            is_paused=_is_paused(line, pauses=pauses, profiles=reach.get(line.executor_id, {}).get("profiles", ())),
            **reach.get(line.executor_id, {}),
        )
        for line in seen
    ]


def _is_paused(line: ExecutorLine, *, pauses: Collection[Pause], profiles: Collection[str]) -> bool:
    return pause_of_executor(pauses, executor_id=line.executor_id, profiles=profiles) is not None


def _count(connection: Connection, tasks: Select[Any]) -> int:
    """How many there are, or one more than are counted."""
    return int(connection.scalar(select(func.count()).select_from(tasks.limit(MOST_COUNTED + 1).subquery())) or 0)


def _reach(connection: Connection, *, executors: Collection[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """By executor, the fields of `Living` that say what it can work on; executors that do not say so are left out."""
    rows = connection.execute(
        select(_executor.id, _executor.bucket, _executor.profiles, _executor.lacking_decoders).where(
            _executor.id.in_(executors), _executor.profiles.is_not(None)
        )
    )
    return {
        row.id: {
            "bucket": row.bucket,
            "profiles": frozenset(row.profiles),
            "lacking_decoders": frozenset(row.lacking_decoders or ()),
        }
        for row in rows
    }
